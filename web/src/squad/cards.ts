/** The cards of a squad: which there are, in which order, and how each stands with what this phone has done to it. */

import { ACTIVE, type Intercept, type Violation } from "../shell/messages";
import { IN_HAND, squadActions, stateAfter } from "./life";
import { type Entry, waitingFor } from "./outbox";

/** An intercept as this squad has it: the server's word, and over it what still waits to be sent. */
export interface Card {
  told: Intercept;
  state: string;
  /** Who has it, or is asked. */
  squad: string | null;
  mine: boolean;
  actions: string[];
  waiting: Entry[];
  refused: Entry[];
}

/** How long what is over stays in sight. */
const OVER_MS = 10 * 60_000;
/** A truck that got away, or out of reach, may still turn up before the squad. */
const DORMANT_MS = 60 * 60_000;

export function cardOf(told: Intercept, squad: string | null, entries: readonly Entry[]): Card {
  const waiting = waitingFor(entries, told.id);
  let [state, holder] = [told.state, told.squad];
  let shown = told;
  for (const entry of waiting) {
    state = stateAfter(state, entry.action);
    const kg = entry.action === "weigh" ? entry.fields.static_gross_kg : undefined;
    if (kg !== undefined) shown = { ...shown, static_gross_kg: kg };
    if (entry.action === "claim" || entry.action === "stop") holder = squad;
    if (entry.action === "pass") holder = null;
  }
  const mine = squad !== null && holder === squad;
  return {
    told: shown,
    state,
    squad: holder,
    mine,
    actions:
      squad === null ? [] : squadActions(state, mine).filter((one) => mine || !IN_HAND.has(state) || one === "claim"),
    waiting,
    refused: entries.filter((one) => one.intercept === told.id && one.problem !== null),
  };
}

/** 0 in my hands, 1 asked of me, 2 nobody's, 3 in other hands, 4 over. */
export function rankOf(card: Card): number {
  if (!ACTIVE.has(card.state)) return 4;
  if (IN_HAND.has(card.state)) return card.mine ? 0 : 3;
  return card.mine && card.state === "offered" ? 1 : 2;
}

/** Cards in the order in which a squad should look at them. */
export function ordered(cards: readonly Card[]): Card[] {
  return [...cards].sort(
    (one, other) =>
      rankOf(one) - rankOf(other) ||
      other.told.priority - one.told.priority ||
      Date.parse(other.told.time) - Date.parse(one.told.time),
  );
}

/**
 * The card in full: whoever opened one keeps it, whatever comes in meanwhile. One that is over, with nothing left to
 * press, makes room for a truck that is in this squad's hands or asked of it: such a question runs out in a minute.
 */
export function atHand(cards: readonly Card[], chosen: string | null): Card | undefined {
  const [first] = cards;
  const opened = cards.find((one) => one.told.id === chosen);
  const done = opened && rankOf(opened) === 4 && ![...opened.actions, ...opened.waiting, ...opened.refused].length;
  return opened && !(done && first && rankOf(first) <= 1) ? opened : first;
}

/** Whether a card is still shown; what is not verified yet is the duty desk's. */
export function isShown(card: Card, now_ms: number): boolean {
  if (card.waiting.length || card.refused.length) return true;
  if (card.state === "unverified" || card.state === "merged") return false;
  if (ACTIVE.has(card.state)) return true;
  const since_ms = now_ms - Date.parse(card.told.acted_at ?? card.told.time);
  if (card.state === "lost") return card.mine && since_ms < DORMANT_MS;
  return card.mine && since_ms < OVER_MS;
}

/** Keeps of two states of one intercept the newer. A picture that is known stays: the feed does not always name it. */
export function newer(known: Intercept | undefined, told: Intercept): Intercept {
  if (!known) return told;
  if (known.version > told.version) return known;
  const forgets = known.best.id === told.best.id && known.best.media.length > told.best.media.length;
  return forgets ? { ...told, best: { ...told.best, media: known.best.media } } : told;
}

/** Cards with the pictures of a violation that a camera sent after it. */
export function pictured(cards: ReadonlyMap<string, Intercept>, violation: Violation): ReadonlyMap<string, Intercept> {
  const found = [...cards.values()].find((told) => told.best.id === violation.id);
  if (!found || violation.media.length <= found.best.media.length) return cards;
  return new Map(cards).set(found.id, { ...found, best: { ...found.best, media: violation.media } });
}
