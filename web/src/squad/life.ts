/**
 * What a squad may do next, while the phone cannot ask. `life.json` is written from the server's own table
 * (`dispatch.life.LIFE`); a test holds them together, so a phone never offers what the server does not know.
 */

import life from "./life.json";

export interface Step {
  action: string;
  from_states: string[];
  to_state: string;
  needs: string[];
  /** Only to the squad that has it, or was offered it. */
  holder: boolean;
}

export const LIFE: readonly Step[] = life.steps;

/** What happened on the road: the server records it whoever has the intercept by then. */
export const FACTS: ReadonlySet<string> = new Set(life.facts);

/** The actions that a squad may take, in the table's order. */
export function squadActions(state: string, holds: boolean): string[] {
  const open = LIFE.filter((step) => step.from_states.includes(state) && (holds || !step.holder));
  return [...new Set(open.map((step) => step.action))];
}

/** The state after an action; the same where the table does not know it (the server decides). */
export function stateAfter(state: string, action: string): string {
  return LIFE.find((step) => step.action === action && step.from_states.includes(state))?.to_state ?? state;
}

/** States in which a squad has the truck. */
export const IN_HAND: ReadonlySet<string> = new Set(["claimed", "en_route", "stopped", "weighed", "confirmed"]);
