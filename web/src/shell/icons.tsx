/** Icons, drawn for these pages on a grid of 24. */

import type { JSX } from "preact";

const DRAWN = {
  // A weight, as on an old scale.
  weight: "M8.6 7.5h6.8L20 20H4zM12 7.5a2.4 2.4 0 1 0 0-4.8 2.4 2.4 0 0 0 0 4.8z",
  again: "M19 12a7 7 0 1 1-2.2-5.1M17.4 2.8v4.4H13",
  eye: "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 14.6a2.6 2.6 0 1 0 0-5.2 2.6 2.6 0 0 0 0 5.2z",
  question: "M9 9.2a3 3 0 1 1 4.6 2.6c-1 .6-1.6 1.1-1.6 2.4M12 18h.01",
  twins: "M3 8.5h12v6H3zM9 14.5V17h12v-6h-3.5",
  alert: "M12 3.2 22 20H2zM12 10v4.4M12 17h.01",
  bars: "M5 20v-6M12 20V9M19 20V4",
  check: "M4.5 12.5 10 18 19.5 6.5",
  cross: "M6 6l12 12M18 6 6 18",
  road: "M8 3 4 21M16 3l4 18M12 4v3M12 10.5v3M12 17v3",
  hand: "M7 11.5V6.2a1.4 1.4 0 0 1 2.8 0v4.6-6.4a1.4 1.4 0 0 1 2.8 0v6.4-5.2a1.4 1.4 0 0 1 2.8 0v6-3a1.4 1.4 0 0 1 2.8 0V15a6.5 6.5 0 0 1-6.5 6.5c-3 0-4.4-1.4-5.8-3.8l-2.3-4a1.5 1.5 0 0 1 2.5-1.6z",
  scale: "M4 20h16M6 20l1-6h10l1 6M12 14V9M5 5h14M5 5l-2 5h4zM19 5l-2 5h4z",
  gone: "M3 12h14M12 6.5l5.5 5.5-5.5 5.5M21 5v14",
  unload: "M3 17h18M6 17V9h12v8M12 3v9M8.5 8.7 12 12l3.5-3.3",
  camera: "M4 8h3l2-3h6l2 3h3v11H4zM12 16.5a3.3 3.3 0 1 0 0-6.6 3.3 3.3 0 0 0 0 6.6z",
  person: "M12 11.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20.5a7.5 7.5 0 0 1 15 0",
  place: "M12 21s7-6.2 7-11.3A7 7 0 0 0 5 9.7C5 14.8 12 21 12 21zM12 12.2a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z",
  out: "M14 4H5v16h9M10 12h11M17 7.5l4.5 4.5-4.5 4.5",
  wall: "M3 4.5h18v12H3zM9 20.5h6M12 16.5v4",
  sound: "M4 9.5v5h3.5L13 19V5L7.5 9.5zM16.5 9a4.2 4.2 0 0 1 0 6M19 6.2a8 8 0 0 1 0 11.6",
  quiet: "M4 9.5v5h3.5L13 19V5L7.5 9.5zM17 9.5l5 5M22 9.5l-5 5",
  book: "M5 3.5h12a2 2 0 0 1 2 2v15H7a2 2 0 0 1-2-2zM5 17.5a2 2 0 0 1 2-2h12M9 8h6",
  print: "M7 8V3.5h10V8M7 17H4V9h16v8h-3M7 14h10v6.5H7z",
  waiting: "M12 3.5v17M12 3.5 7.5 8M12 3.5 16.5 8",
} as const;

export type IconName = keyof typeof DRAWN;

/** Beside its word, so a reader by ear hears the word only. */
export function Icon({ name, size = 22 }: { name: IconName; size?: number }): JSX.Element {
  return (
    <svg
      viewBox="0 0 24 24"
      width={size}
      height={size}
      fill="none"
      stroke="currentColor"
      stroke-width="2.1"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      <path d={DRAWN[name]} />
    </svg>
  );
}
