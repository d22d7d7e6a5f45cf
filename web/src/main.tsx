import "./shell/style.css";
import { render } from "preact";
import { type Page, pageOf } from "./pages";
import { homeOf, whoAmI } from "./shell/session";
import { Sorry } from "./shell/sorry";
import { dress, say } from "./shell/words";
import { learnZones } from "./shell/zones";

const root = document.getElementById("page") as HTMLElement;

async function begin(): Promise<void> {
  const page = pageOf(location.pathname);
  const [who, drawn] = await Promise.all([whoAmI(), page?.load()]);
  if (location.pathname === "/") return location.replace(who ? homeOf(who) : "/login");
  if (!page || !drawn) return render(<Sorry title={say("sorry.no_page")} detail={location.pathname} />, root);
  if (!page.open && !who) return location.replace(`/login?to=${encodeURIComponent(location.pathname)}`);
  show(page, drawn.default);
  if (who) void learnZones();
}

function show(page: Page, Drawn: Awaited<ReturnType<Page["load"]>>["default"]): void {
  dress(document, page.title);
  render(<Drawn />, root);
}

begin().catch((error: unknown) => render(<Sorry title={say("sorry.failed")} detail={String(error)} />, root));

// Without a worker everything runs, only not without a network.
navigator.serviceWorker?.register("/sw.js").catch(() => undefined);
