import { say, sayOf } from "./words";

/** A licence plate in its colour. A plate that is not certain carries a question mark: nobody should trust it blindly. */
export function Plate({ plate, colour, certain = true }: { plate: string; colour: number; certain?: boolean }) {
  if (!plate) return <span class="plate none">{say("plate.none")}</span>;
  const spoken = `${sayOf("colour", String(colour))} ${plate}`;
  return (
    <span
      class={`plate plate-${colour}`}
      role="img"
      aria-label={certain ? spoken : `${spoken} ${say("plate.uncertain")}`}
    >
      {plate.slice(0, 2)}
      <span aria-hidden="true">·</span>
      {plate.slice(2)}
      {certain ? "" : " ?"}
    </span>
  );
}
