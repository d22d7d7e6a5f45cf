import { useCell } from "./cell";
import type { FeedState } from "./feed";
import { clock } from "./format";
import { choose, language, SCRIPTS, say } from "./words";

/** The other language, in its own name. */
export function LanguageSwitch() {
  const other = useCell(language) === "en" ? "zh-CN" : "en";
  return (
    <button type="button" class="quiet" lang={SCRIPTS[other]} onClick={() => choose(other)}>
      {other === "en" ? "English" : "中文"}
    </button>
  );
}

/** Whether what is shown is what is: live, or since when it is not. */
export function FeedLine({ state }: { state: FeedState }) {
  const words = {
    live: say("feed.live"),
    connecting: say("feed.connecting"),
    stale: say("feed.stale", { time: clock(state.since) }),
    refused: say("feed.refused"),
  }[state.kind];
  return (
    <span class={`feed feed-${state.kind}`} role="status">
      <i aria-hidden="true" />
      {words}
    </span>
  );
}
