/** What an action needs to be told, each on a sheet: a reason, a weight, a document's number. */

import { useState } from "preact/hooks";
import { excess, tonnes } from "../shell/format";
import { Icon } from "../shell/icons";
import type { Intercept } from "../shell/messages";
import { say, sayOf } from "../shell/words";
import type { Fields } from "./outbox";
import { farPercent, Pad } from "./pad";
import { Sheet } from "./sheet";

export interface Asking {
  of: Intercept;
  action: string;
  done: (fields: Fields) => void;
  close: () => void;
}

/** Actions that are asked about before they are done; the others are done at one touch. */
const SHEETS: Record<string, (asking: Asking) => preact.JSX.Element> = {
  pass: Pass,
  weigh: Weigh,
  confirm: Confirm,
  legal: Legal,
  unload: Unload,
  lose: Lose,
};

export function needsAsking(action: string): boolean {
  return action in SHEETS;
}

export function AskSheet(asking: Asking) {
  const Drawn = SHEETS[asking.action];
  return Drawn ? <Drawn {...asking} /> : null;
}

const REASONS = ["too_far", "busy", "unsafe", "shift", "blocked"] as const;

function Pass({ done, close }: Asking) {
  const [other, setOther] = useState("");
  return (
    <Sheet title={say("pass.title")} close={close}>
      <div class="choices">
        {REASONS.map((reason) => (
          <button type="button" key={reason} onClick={() => done({ note: say(`pass.${reason}`) })}>
            {say(`pass.${reason}`)}
          </button>
        ))}
      </div>
      <form
        class="inline"
        onSubmit={(event) => {
          event.preventDefault();
          done({ note: other.trim() });
        }}
      >
        <Field label={say("pass.other")} value={other} change={setOther} />
        <button type="submit" disabled={!other.trim()}>
          {say("action.pass")}
        </button>
      </form>
    </Sheet>
  );
}

const CERTIFICATE = "wim.scale_certificate";

/** The static scale's certificate: the same all night, so it is asked once. */
function useCertificate(): [string, (value: string) => void] {
  const [value, setValue] = useState(localStorage.getItem(CERTIFICATE) ?? "");
  return [
    value,
    (next) => {
      localStorage.setItem(CERTIFICATE, next.trim());
      setValue(next);
    },
  ];
}

function Weigh({ of, done, close }: Asking) {
  const [kg, setKg] = useState("");
  const [certificate, setCertificate] = useCertificate();
  const limit = of.best.limit_high_kg;
  const percent = farPercent(kg, of.best.passage.gross_kg);
  return (
    <Sheet title={say("weigh.title")} close={close}>
      <Pad label={say("weigh.static")} kg={kg} change={setKg} />
      <p class="compare dim">
        {say("weigh.compare", { dynamic: tonnes(of.best.passage.gross_kg), limit: tonnes(limit) })}{" "}
        {kg && <b class={Number(kg) > limit ? "over" : "within"}>{excess(Number(kg) - limit)} t</b>}
      </p>
      <p class="far">
        {percent !== null && (
          <>
            <Icon name="alert" /> {say("weigh.far", { percent })}
          </>
        )}
      </p>
      <Field label={say("weigh.certificate")} value={certificate} change={setCertificate} />
      <button
        type="button"
        class="primary big"
        disabled={!kg || !certificate.trim()}
        onClick={() => done({ static_gross_kg: Number(kg), scale_certificate: certificate.trim() })}
      >
        {say("action.weigh")}
      </button>
    </Sheet>
  );
}

function Unload({ of, done, close }: Asking) {
  const [kg, setKg] = useState("");
  const [certificate, setCertificate] = useCertificate();
  const before = of.static_gross_kg ?? of.best.passage.gross_kg;
  const unloaded = before - Number(kg);
  const limit = of.best.limit_high_kg;
  return (
    <Sheet title={say("unload.title")} close={close}>
      <Pad label={say("unload.second")} kg={kg} change={setKg} />
      <p class="compare dim">
        {say("unload.compare", { before: tonnes(before), limit: tonnes(limit) })}{" "}
        {kg && (
          <b class={Number(kg) > limit || unloaded < 0 ? "over" : "within"}>
            {say("unload.taken", { kg: tonnes(unloaded) })}
          </b>
        )}
      </p>
      <Field label={say("weigh.certificate")} value={certificate} change={setCertificate} />
      <button
        type="button"
        class="primary big"
        disabled={!kg || unloaded < 0 || !certificate.trim()}
        onClick={() =>
          done({ unloaded_kg: unloaded, static_gross_kg: Number(kg), scale_certificate: certificate.trim() })
        }
      >
        {say("action.unload")}
      </button>
    </Sheet>
  );
}

function Confirm(asking: Asking) {
  return <Numbered {...asking} field="document_number" label={say("confirm.document")} />;
}

/** Above the limit only a permit makes a truck legal, and the server asks for its number. */
function Legal(asking: Asking) {
  const { static_gross_kg, best } = asking.of;
  const due = static_gross_kg != null && static_gross_kg > best.limit_high_kg;
  const label = say(due ? "legal.permit_due" : "legal.permit");
  return <Numbered {...asking} field="permit_number" label={label} due={due} />;
}

/** A verdict, with the number of a paper where there is one. */
function Numbered({
  of,
  action,
  done,
  close,
  field,
  label,
  due = false,
}: Asking & { field: "document_number" | "permit_number"; label: string; due?: boolean }) {
  const [number, setNumber] = useState("");
  const over = of.static_gross_kg == null ? null : of.static_gross_kg - of.best.limit_high_kg;
  return (
    <Sheet title={sayOf("action", action)} close={close}>
      {of.static_gross_kg != null && (
        <p class="compare">
          <span class="figures">{tonnes(of.static_gross_kg)} t</span>{" "}
          <b class={over !== null && over > 0 ? "over" : "within"}>{excess(over)} t</b>
        </p>
      )}
      <Field label={label} value={number} change={setNumber} />
      <button
        type="button"
        class="primary big"
        disabled={due && !number.trim()}
        onClick={() => done(number.trim() ? { [field]: number.trim() } : {})}
      >
        {sayOf("action", action)}
      </button>
    </Sheet>
  );
}

function Lose({ done, close }: Asking) {
  return (
    <Sheet title={say("lose.title")} close={close}>
      <div class="choices">
        {(["drove_on", "turned_off", "never_came"] as const).map((reason) => (
          <button type="button" key={reason} onClick={() => done({ note: say(`lose.${reason}`) })}>
            {say(`lose.${reason}`)}
          </button>
        ))}
      </div>
    </Sheet>
  );
}

function Field({ label, value, change }: { label: string; value: string; change: (value: string) => void }) {
  return (
    <label class="field">
      <span>{label}</span>
      <input
        type="text"
        maxlength={64}
        autocomplete="off"
        value={value}
        onInput={(event) => change(event.currentTarget.value)}
      />
    </label>
  );
}
