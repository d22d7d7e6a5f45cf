/** The words of the pages: Chinese first, English beside it. `scripts/check-words.mjs` holds both lists against the code. */

import en from "../../locales/en.json";
import zh from "../../locales/zh-CN.json";
import { cell } from "./cell";

export type Language = "zh-CN" | "en";
export type Word = keyof typeof zh;

const LISTS: Record<Language, Record<Word, string>> = { "zh-CN": zh, en };
const KEPT = "wim.language";

/** What a browser chooses glyphs by, and a reader by ear its voice: our Chinese words are in traditional characters. */
export const SCRIPTS: Record<Language, string> = { "zh-CN": "zh-Hant", en: "en" };

function first(): Language {
  return globalThis.localStorage?.getItem(KEPT) === "en" ? "en" : "zh-CN";
}

export const language = cell<Language>(first());

/** The words of a key in the chosen language; `{name}` in them becomes `values.name`. */
export function say(key: Word, values: Record<string, string | number> = {}): string {
  return LISTS[language.get()][key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** The words of a value out of a list that may grow: one that is not known yet is shown as it came. */
export function sayOf(list: string, value: string): string {
  const key = `${list}.${value}`;
  return key in zh ? say(key as Word) : value;
}

/** A state as others than the squad itself read it: what is offered is not offered to them. */
export function sayState(state: string): string {
  return state === "offered" ? say("board.offered") : sayOf("state", state);
}

export function choose(chosen: Language): void {
  localStorage.setItem(KEPT, chosen);
  language.set(chosen);
}

/** Keeps the document's own language and title in step with the choice. */
export function dress(document: Document, title: Word): () => void {
  const told = () => {
    document.documentElement.lang = SCRIPTS[language.get()];
    document.title = say(title);
  };
  told();
  return language.watch(told);
}
