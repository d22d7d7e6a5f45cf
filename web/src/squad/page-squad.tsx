import "./squad.css";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { useCell } from "../shell/cell";
import { useNow } from "../shell/clock";
import { Icon } from "../shell/icons";
import { type Session, session } from "../shell/session";
import { FeedLine } from "../shell/top";
import { language, say } from "../shell/words";
import { zones } from "../shell/zones";
import { AskSheet, needsAsking } from "./asking";
import { Buttons } from "./buttons";
import { FullCard, RowCard } from "./card";
import { atHand, type Card, cardOf, isShown, ordered, rankOf } from "./cards";
import type { Fields } from "./outbox";
import { Conflicts, Others, Queue } from "./queue";
import { type Shift, ShiftSheet, useShift } from "./shift";
import { begin, type Watch } from "./watch";

export default function SquadPage() {
  const who = useCell(session);
  useEffect(() => {
    if (who === null) location.replace("/login?to=/squad");
  }, [who]);
  // Another person's page begins anew; a renewed session of the same one goes on.
  return who ? <Following key={`${who.squad}/${who.name}`} who={who} /> : null;
}

function Following({ who }: { who: Session }) {
  const watch = useMemo(begin, []);
  useEffect(() => () => watch.close(), [watch]);
  return <Squad who={who} watch={watch} />;
}

function Squad({ who, watch }: { who: Session; watch: Watch }) {
  useCell(language);
  useCell(zones);
  const told = useCell(watch.cards);
  const entries = useCell(watch.outbox.entries);
  const others = useCell(watch.outbox.others);
  const standing = useCell(watch.outbox.standing);
  const feed = useCell(watch.feed.state);
  const fresh = useCell(watch.fresh);
  const shift = useShift(who);
  const [sheet, setSheet] = useState(false);
  const now = useNow(30_000);
  const cards = ordered(
    [...told.values()].map((one) => cardOf(one, who.squad, entries)).filter((one) => isShown(one, now)),
  );
  useAlert(cards);
  return (
    <div class="squad">
      <header class="bar">
        <FeedLine state={feed} />
        <button type="button" class="quiet" onClick={() => setSheet(true)}>
          {shift.squad?.name ?? who.squad ?? who.name}
          <i class={`duty ${shift.squad?.on_duty ? "on" : ""}`} aria-hidden="true" />
          <Icon name="person" />
        </button>
      </header>
      <Queue entries={entries} standing={standing} />
      <Others entries={others} />
      <Conflicts
        entries={entries}
        cards={told}
        squad={who.squad}
        dismiss={(orders) => void watch.outbox.dismiss(orders)}
      />
      {feed.kind === "refused" ? (
        <SignedOut />
      ) : (
        <Deck cards={cards} who={who} watch={watch} fresh={fresh} live={feed.kind === "live"} />
      )}
      {sheet && <ShiftSheet who={who} shift={shift as Shift} close={() => setSheet(false)} />}
    </div>
  );
}

interface Decked {
  cards: Card[];
  who: Session;
  watch: Watch;
  fresh: boolean;
  live: boolean;
}

/** The card at hand in full, the others as rows. */
function Deck({ cards, who, watch, fresh, live }: Decked) {
  const [chosen, setChosen] = useState(new URLSearchParams(location.search).get("intercept"));
  useToldOf(setChosen);
  const [asking, setAsking] = useState<string | null>(null);
  const open = atHand(cards, chosen);
  const unpictured = open && !open.told.best.media.length ? open.told.id : null;
  useEffect(() => {
    if (unpictured && live) watch.picture(unpictured);
  }, [unpictured, live, watch]);
  if (!open) return <Empty fresh={fresh} />;

  function send(action: string, fields: Fields): void {
    setAsking(null);
    if (open) {
      setChosen(open.told.id);
      void watch.outbox.add(open.told, action, fields, live && navigator.onLine);
    }
  }

  return (
    <main class="deck">
      <FullCard card={open} squad={who.squad} />
      <Rows cards={cards.filter((one) => one !== open)} who={who} choose={setChosen} />
      <footer class="thumb">
        <Buttons card={open} act={(action) => (needsAsking(action) ? setAsking(action) : send(action, {}))} />
      </footer>
      {asking && (
        <AskSheet
          of={open.told}
          action={asking}
          done={(fields) => send(asking, fields)}
          close={() => setAsking(null)}
        />
      )}
    </main>
  );
}

/** Who pressed a notice while the page was open sees that truck. */
function useToldOf(choose: (id: string) => void): void {
  useEffect(() => {
    const heard = (event: MessageEvent<{ intercept?: string }>) =>
      event.data?.intercept && choose(event.data.intercept);
    navigator.serviceWorker?.addEventListener("message", heard);
    return () => navigator.serviceWorker?.removeEventListener("message", heard);
  }, []);
}

function Rows({ cards, who, choose }: { cards: Card[]; who: Session; choose: (id: string) => void }) {
  if (!cards.length) return null;
  return (
    <nav aria-label={say("deck.others")}>
      <h2 class="dim others-title">{say("deck.others")}</h2>
      <ul class="rows">
        {cards.map((card) => (
          <li key={card.told.id}>
            <RowCard
              card={card}
              squad={who.squad}
              open={() => {
                choose(card.told.id);
                scrollTo({ top: 0 });
              }}
            />
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** No trucks is not no data. */
function Empty({ fresh }: { fresh: boolean }) {
  return (
    <main class="empty">
      <Icon name={fresh ? "check" : "waiting"} size={44} />
      <h1>{say(fresh ? "empty.none" : "empty.unknown")}</h1>
      <p class="dim">{say(fresh ? "empty.none_more" : "empty.unknown_more")}</p>
    </main>
  );
}

/** Whoever lost the right to see trucks sees none; what waits to be sent stays until somebody signs in. */
function SignedOut() {
  return (
    <section class="conflict" role="alert">
      <h2>
        <Icon name="alert" /> {say("feed.refused")}
      </h2>
      <a class="button primary" href="/login?to=/squad">
        {say("login.enter")}
      </a>
    </section>
  );
}

/** A truck that is newly asked of this squad is felt in the hand. */
function useAlert(cards: readonly Card[]): void {
  const asked = cards.filter((one) => rankOf(one) === 1).map((one) => one.told.id);
  const known = useRef<Set<string>>(new Set());
  useEffect(() => {
    if (asked.some((id) => !known.current.has(id))) navigator.vibrate?.([220, 90, 220]);
    known.current = new Set(asked);
  }, [asked.join()]);
}
