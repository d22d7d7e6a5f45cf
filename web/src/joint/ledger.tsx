import { useEffect, useState } from "preact/hooks";
import { clock } from "../shell/format";
import { Icon } from "../shell/icons";
import { say, sayOf } from "../shell/words";
import { type Checked, ledgerOf } from "./chain";
import type { Joint } from "./joint";

/** What both sides did about this truck, and whether each entry is what was written down. */
export function Ledger({ joint }: { joint: Joint }) {
  const [found, setFound] = useState<Checked | null | undefined>(undefined);
  useEffect(() => {
    ledgerOf(joint.intercept).then(setFound, () => setFound(null));
  }, [joint.intercept, joint.version]);
  if (found === null) return <p class="dim">{say("ledger.none")}</p>;
  if (!found) return null;
  const { entries, broken } = found;
  return (
    <>
      <p class={broken === null ? "within" : "problem"} role="status">
        <Icon name={broken === null ? "check" : "alert"} size={18} />{" "}
        {broken === null ? say("ledger.holds", { n: entries.length }) : say("ledger.broken", { number: broken })}
      </p>
      <ol class="entries">
        {entries.map((one) => (
          <li key={one.number} class={one.number === broken ? "broken" : ""}>
            <time class="figures">{clock(one.at, joint.corridor, joint.site)}</time>
            <span>
              <b>{sayOf(one.action.startsWith("joint.") ? "move" : "action", one.action.replace("joint.", ""))}</b>{" "}
              <span class="dim">
                {one.actor}
                {one.agency && ` · ${sayOf("agency", one.agency)}`}
                {one.note && ` · ${one.note}`}
              </span>
            </span>
            <code class="dim" title={one.hash}>
              #{one.number} {one.hash.slice(0, 10)}
            </code>
          </li>
        ))}
      </ol>
    </>
  );
}
