import { Refused, Unreachable } from "../shell/api";
import { say } from "../shell/words";

/** What went wrong, in words that say what to do. */
export function explained(error: unknown): string {
  if (error instanceof Unreachable) return say("problem.unreachable");
  if (!(error instanceof Refused)) return String(error);
  if (error.problem.status === 429) return say("login.slow");
  if (error.problem.code === "pairing_unknown") return say("walls.unknown");
  return `${error.problem.title} ${error.problem.detail}`;
}
