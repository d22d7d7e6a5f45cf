import { tonnes } from "../shell/format";
import { say } from "../shell/words";

/** A scale of 999 t is none. */
const DIGITS = 6;

/** What a key does to the figures so far. */
export function press(kg: string, key: string): string {
  if (key === "back") return kg.slice(0, -1);
  return kg.length >= DIGITS ? kg : (kg + key).replace(/^0+/, "");
}

/** Strips are off by some percent and never by so many; a figure too few or too many on the pad is. */
const FAR_PERCENT = 25;

/** By how many percent a scale's weight is off the strips', where that is more than strips are ever off. */
export function farPercent(kg: string, dynamic_kg: number): number | null {
  const percent = Math.round((100 * Math.abs(Number(kg) - dynamic_kg)) / dynamic_kg);
  return kg && percent > FAR_PERCENT ? percent : null;
}

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "00", "0", "back"];

/** Kilograms as the scale's slip has them, for a wet thumb; tonnes beside them, to be read aloud. */
export function Pad({ label, kg, change }: { label: string; kg: string; change: (kg: string) => void }) {
  return (
    <div class="pad">
      <output aria-label={label}>
        <span class="figures">{kg ? Number(kg).toLocaleString("en-GB").replaceAll(",", "\u2009") : "0"}</span>
        <span class="dim"> kg</span>
        <span class="tonnes figures">{kg ? `${tonnes(Number(kg))} t` : ""}</span>
      </output>
      <div class="keys">
        {KEYS.map((key) => (
          <button
            type="button"
            key={key}
            class="figures"
            aria-label={key === "back" ? say("pad.back") : key}
            onClick={() => change(press(kg, key))}
          >
            {key === "back" ? "⌫" : key}
          </button>
        ))}
      </div>
    </div>
  );
}
