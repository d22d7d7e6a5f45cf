/**
 * A tone for a truck that is new and for what the desk must settle, made by the browser itself. Each site can be muted: a strip that rings all night
 * teaches a room to listen to nothing.
 */

import { cell } from "../shell/cell";
import type { Intercept } from "../shell/messages";

const MUTED = "wim.muted";

/** Sites that keep quiet. */
export const muted = cell<ReadonlySet<string>>(new Set(JSON.parse(localStorage.getItem(MUTED) ?? "[]") as string[]));

/** Whether tones are on; a browser lets a page sound only after a touch, so it begins off. */
export const sounding = cell(false);

let speaker: AudioContext | null = null;

/** Turns tones on or off, at somebody's touch. */
export async function sound(on: boolean): Promise<void> {
  if (on) {
    speaker ??= new AudioContext();
    await speaker.resume();
    tone(660, 0, 0.12);
  }
  sounding.set(on);
}

export function mute(site: string, quiet: boolean): void {
  const sites = new Set(muted.get());
  if (quiet) sites.add(site);
  else sites.delete(site);
  localStorage.setItem(MUTED, JSON.stringify([...sites]));
  muted.set(sites);
}

/** Whether news of a truck are to be heard. */
export function rings(told: Intercept): boolean {
  return sounding.get() && !muted.get().has(told.best.passage.site);
}

/** Three falling tones for a 百噸王 or a repeat offender, one for any other: told apart without a look. */
export function ring(told: Intercept): void {
  if (!rings(told)) return;
  if (!pressing(told)) {
    tone(740, 0, 0.22);
    return;
  }
  for (const turn of [0, 1, 2]) {
    tone(988, turn * 0.42, 0.18);
    tone(659, turn * 0.42 + 0.2, 0.18);
  }
}

/** Two equal tones: the desk must settle something. */
export function call(told: Intercept): void {
  if (!rings(told)) return;
  for (const turn of [0, 1]) tone(880, turn * 0.3, 0.2);
}

/** What a room must not miss. */
export function pressing(told: Intercept): boolean {
  return told.best.hundred_tonne || told.reasons.includes("repeat_confirmed");
}

function tone(hertz: number, after_s: number, length_s: number): void {
  if (!speaker) return;
  const [voice, level, from] = [speaker.createOscillator(), speaker.createGain(), speaker.currentTime + after_s];
  voice.type = "triangle";
  voice.frequency.value = hertz;
  // A tone that begins or ends at once clicks.
  level.gain.setValueAtTime(0, from);
  level.gain.linearRampToValueAtTime(0.35, from + 0.015);
  level.gain.linearRampToValueAtTime(0, from + length_s);
  voice.connect(level).connect(speaker.destination);
  voice.start(from);
  voice.stop(from + length_s);
}
