import { Icon, type IconName } from "./icons";
import type { Intercept } from "./messages";
import { say, sayOf } from "./words";

interface Badge {
  kind: string;
  icon: IconName;
  word: string;
}

const ICONS: Record<string, IconName> = {
  hundred_tonne: "weight",
  repeat_confirmed: "again",
  repeat_suspected: "again",
  severity: "bars",
  no_plate: "question",
  cloned_plate: "twins",
  watch_list: "eye",
};

/** Why it is to be stopped, and what about it is doubtful; always icon and word beside the colour. */
export function Badges({ of }: { of: Intercept }) {
  return (
    <ul class="badges">
      {badgesOf(of).map((one) => (
        <li class={`badge ${one.kind}`} key={one.word}>
          <Icon name={one.icon} />
          {one.word}
        </li>
      ))}
    </ul>
  );
}

export function badgesOf(of: Intercept): Badge[] {
  const reasons = of.best.hundred_tonne ? ["hundred_tonne", ...of.reasons] : of.reasons;
  return [...[...new Set(reasons)].map(reasonBadge), ...doubts(of)];
}

function reasonBadge(reason: string): Badge {
  const kind = reason === "cloned_plate" || reason === "no_plate" ? "doubt" : reason in ICONS ? reason : "plain";
  return {
    kind: kind === "severity" || kind === "watch_list" ? "plain" : kind,
    icon: ICONS[reason] ?? "alert",
    word: sayOf("reason", reason),
  };
}

function doubts(of: Intercept): Badge[] {
  const found: Badge[] = [];
  const doubt = (word: string, icon: IconName = "alert") => found.push({ kind: "doubt", icon, word });
  if (of.unverified) doubt(say("doubt.unverified"), "eye");
  if (of.plate && !of.plate_certain) doubt(say("doubt.plate"), "question");
  if (of.conflict) doubt(say("doubt.conflict"));
  if (of.review) doubt(say("doubt.review"), "scale");
  if (of.escaped) doubt(say("doubt.escaped"), "gone");
  return found;
}
