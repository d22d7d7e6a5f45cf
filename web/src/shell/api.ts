/** Questions to our API: who asks is in the cookie, a write shows besides that it is this page's. */

import { learn } from "./clock";

/** An answer that is no success: `application/problem+json`. */
export interface Problem {
  status: number;
  code: string;
  title: string;
  detail: string;
  [more: string]: unknown;
}

/** The server said no, and why. */
export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(`${problem.code}: ${problem.detail}`);
  }
}

/** No answer of ours came: no network, nobody there, or a portal's page in place of the API's. */
export class Unreachable extends Error {}

export interface Asked {
  method?: string;
  body?: unknown;
  headers?: Record<string, string>;
  timeout_ms?: number;
}

/** Longer than any answer of ours takes over a bad line. */
const PATIENCE_MS = 15_000;

let csrf: string | null = null;

/** What `GET /v1/session` said to send with writes. */
export function showWith(token: string | null): void {
  csrf = token;
}

/** Asks; gives the answer's JSON. Throws `Refused` or `Unreachable`. */
export async function ask<T>(path: string, asked: Asked = {}): Promise<T> {
  const answer = await send(path, asked);
  if (!answer.ok) throw await refusalOf(answer);
  if (answer.status === 204) return null as T;
  try {
    return (await answer.json()) as T;
  } catch (error) {
    // Cut off on its way, or of a network that wants its terms read first.
    throw new Unreachable(String(error));
  }
}

/** Each no of our API has a code; what has none decides nothing, and must not end what waits to be sent. */
async function refusalOf(answer: Response): Promise<Refused | Unreachable> {
  const problem = await problemOf(answer);
  const foreign = problem.code === UNKNOWN && answer.status < 500;
  return foreign ? new Unreachable(`HTTP ${answer.status} of somebody else`) : new Refused(problem);
}

const UNKNOWN = "unknown";

async function send(path: string, asked: Asked): Promise<Response> {
  const method = asked.method ?? "GET";
  const headers: Record<string, string> = { Accept: "application/json", ...asked.headers };
  if (asked.body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET" && csrf !== null) headers["X-CSRF-Token"] = csrf;
  const sent_ms = Date.now();
  try {
    const answer = await fetch(path, {
      method,
      headers,
      body: asked.body === undefined ? null : JSON.stringify(asked.body),
      credentials: "same-origin",
      cache: "no-store",
      signal: AbortSignal.timeout(asked.timeout_ms ?? PATIENCE_MS),
    });
    learn(answer.headers.get("Date"), sent_ms, Date.now());
    return answer;
  } catch (error) {
    throw new Unreachable(String(error));
  }
}

export async function problemOf(answer: Response): Promise<Problem> {
  const told = (await answer.json().catch(() => null)) as Problem | null;
  return told?.code ? told : { status: answer.status, code: UNKNOWN, title: "", detail: answer.statusText };
}
