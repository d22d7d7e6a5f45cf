import type { Squad } from "../shell/messages";
import { say } from "../shell/words";

/** The server's own most (`api.fields.SquadId`). */
const UNIT_LENGTH = 64;

interface UnitOf {
  /** Of the agency that is asked; the registry need not know police's. */
  squads: Squad[];
  unit: string;
  change: (unit: string) => void;
}

/** Who is sent: one of the agency's squads where the registry knows them, else as the agency calls it. */
export function UnitField({ squads, unit, change }: UnitOf) {
  const name = `${say("told.unit")} ${say("told.optional")}`;
  return squads.length > 0 ? (
    <label class="field unit">
      <span>{name}</span>
      <select value={unit} onChange={(event) => change(event.currentTarget.value)}>
        <option value="">{say("unit.none")}</option>
        {squads.map((one) => (
          <option key={one.id} value={one.id}>
            {one.name ?? one.id}
          </option>
        ))}
      </select>
    </label>
  ) : (
    <label class="field unit">
      <span>{name}</span>
      <input
        type="text"
        maxlength={UNIT_LENGTH}
        autocomplete="off"
        value={unit}
        onInput={(event) => change(event.currentTarget.value)}
      />
    </label>
  );
}
