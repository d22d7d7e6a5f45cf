/** Who is signed in. Kept on the phone, so that the squad page opens at a place without network. */

import { ask, Refused, showWith, Unreachable } from "./api";
import { cell } from "./cell";

export interface Session {
  name: string;
  role: "squad" | "police" | "duty" | "analyst" | "technician" | "admin" | "device";
  agency: string | null;
  squad: string | null;
  corridors: string[] | null;
  plates: boolean;
  read_only?: boolean;
  until?: string | null;
  csrf: string | null;
}

const KEPT = "wim.session";

/** How a browser can sign in here, as the server says to whoever is nobody: `token`, `oidc`. */
export const ways = cell<readonly string[]>([]);

/** Null: nobody; undefined: not asked yet. */
export const session = cell<Session | null | undefined>(undefined);

/**
 * Who this browser is. Who it was last is taken at once, so that a page opens where the network is slow or away; the
 * answer follows, and where it says nobody the page's own questions will be refused.
 */
export async function whoAmI(): Promise<Session | null> {
  const last = kept();
  if (last) {
    took(last);
    void asked().catch(() => undefined);
    return last;
  }
  return asked();
}

/** Asks; without a network it is who it was last. */
export async function asked(): Promise<Session | null> {
  try {
    return took(await ask<Session>("/v1/session"));
  } catch (error) {
    if (error instanceof Unreachable) return took(kept());
    if (!(error instanceof Refused) || error.problem.status !== 401) throw error;
    if (Array.isArray(error.problem.ways)) ways.set(error.problem.ways);
    return took(null);
  }
}

export async function signIn(token: string): Promise<Session | null> {
  return took(await ask<Session>("/v1/session", { method: "POST", body: { token } }));
}

export async function signOut(): Promise<void> {
  try {
    await ask("/v1/session", { method: "DELETE" });
  } finally {
    took(null);
  }
}

/** Where somebody begins after signing in. */
export function homeOf(who: Session): string {
  return { squad: "/squad", police: "/joint", technician: "/sites" }[who.role as string] ?? "/board";
}

function took(found: Session | null): Session | null {
  showWith(found?.csrf ?? null);
  if (found) localStorage.setItem(KEPT, JSON.stringify(found));
  else localStorage.removeItem(KEPT);
  session.set(found);
  return found;
}

function kept(): Session | null {
  const text = localStorage.getItem(KEPT);
  return text === null ? null : (JSON.parse(text) as Session);
}
