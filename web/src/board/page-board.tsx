import "../squad/squad.css";
import "./board.css";
import { lazy, Suspense } from "preact/compat";
import { useEffect, useMemo, useState } from "preact/hooks";
import { useCell } from "../shell/cell";
import { useNow } from "../shell/clock";
import { clock, date } from "../shell/format";
import { Icon } from "../shell/icons";
import { type Session, session } from "../shell/session";
import { FeedLine, LanguageSwitch } from "../shell/top";
import { language, say } from "../shell/words";
import { zones } from "../shell/zones";
import { Detail } from "./detail";
import { Alerts, listed } from "./feed-list";
import { Figures } from "./figures";
import { lateOf } from "./matters";
import { call, ring } from "./sound";
import { SoundButton } from "./sound-button";
import { Strips } from "./strips";
import { begin, type Watch } from "./watch";

/** A wall of any size shows what fits into so many pixels, enlarged: legible across a room. */
const WALL_PX = 1_680;
/** Whoever opens the wall's address on a phone gets what fits on it. */
const NARROW_PX = 900;

/** MapLibre is larger than all the rest together: it comes when there is something to draw. */
const RoadMap = lazy(() => import("./road-map"));

export default function BoardPage() {
  const who = useCell(session);
  useEffect(() => {
    if (who === null) location.replace("/login?to=/board");
  }, [who]);
  return who ? <Following key={who.name} who={who} /> : null;
}

function Following({ who }: { who: Session }) {
  const watch = useMemo(() => begin(ring, call), []);
  useEffect(() => () => watch.close(), [watch]);
  const kiosk = new URLSearchParams(location.search).has("kiosk");
  useEffect(() => {
    const enlarge = () => {
      document.documentElement.style.setProperty("--zoom", String(Math.max(1, innerWidth / WALL_PX)));
      document.documentElement.classList.toggle("kiosk", kiosk && innerWidth > NARROW_PX);
    };
    enlarge();
    addEventListener("resize", enlarge);
    return () => removeEventListener("resize", enlarge);
  }, [kiosk]);
  return <Board who={who} watch={watch} kiosk={kiosk} />;
}

function Board({ who, watch, kiosk }: { who: Session; watch: Watch; kiosk: boolean }) {
  useCell(language);
  useCell(zones);
  const told = useCell(watch.intercepts);
  const late = lateOf(useCell(watch.joints).values());
  const stats = useCell(watch.stats);
  const squads = useCell(watch.squads);
  const roads = useCell(watch.roads);
  const whole = useCell(watch.whole);
  const [chosen, setChosen] = useState<string | null>(null);
  const all = [...told.values()];
  const open = chosen === null ? undefined : told.get(chosen);
  const choose = (id: string) => !kiosk && setChosen(id);
  return (
    <div class={`board ${open ? "opened" : ""}`}>
      <Head watch={watch} sites={roads?.sites.map((one) => one.id) ?? []} kiosk={kiosk} />
      <Figures stats={stats} all={all} whole={whole} />
      <main>
        <section class="roads" aria-label={say("board.roads")}>
          {roads && <Strips roads={roads} trucks={all} squads={squads} choose={choose} chosen={chosen} />}
          {roads?.corridors.length === 0 && <p class="dim nothing">{say("board.no_roads")}</p>}
          {roads && (
            <Suspense fallback={null}>
              <RoadMap roads={roads} trucks={all} squads={squads} choose={choose} chosen={chosen} />
            </Suspense>
          )}
        </section>
        <Alerts
          rows={listed(all, late)}
          late={late}
          squads={squads}
          whole={whole}
          choose={choose}
          chosen={chosen}
          kiosk={kiosk}
        />
        {open && (
          <Detail
            told={open}
            late={late.get(open.id)}
            who={who}
            squads={squads}
            watch={watch}
            close={() => setChosen(null)}
          />
        )}
      </main>
    </div>
  );
}

function Head({ watch, sites, kiosk }: { watch: Watch; sites: string[]; kiosk: boolean }) {
  const feed = useCell(watch.feed.state);
  return (
    <header class="head">
      <h1>{say("board.title")}</h1>
      <FeedLine state={feed} />
      {feed.kind === "refused" && (
        <a class="button primary" href="/login?to=/board">
          {say("login.enter")}
        </a>
      )}
      <Clock />
      <SoundButton sites={sites} />
      {!kiosk && (
        <a class="button quiet to-wall" href="?kiosk=1">
          <Icon name="wall" />
          <span class="label">{say("board.wall")}</span>
        </a>
      )}
      {!kiosk && <LanguageSwitch />}
      {!kiosk && (
        <a class="button quiet" href="/login">
          <Icon name="person" />
          <span class="hidden">{say("board.account")}</span>
        </a>
      )}
    </header>
  );
}

function Clock() {
  const now = useNow();
  return (
    <time class="figures clock" dateTime={new Date(now).toISOString()}>
      <span class="dim">{date(now)}</span> {clock(now)}
    </time>
  );
}
