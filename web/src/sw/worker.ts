/**
 * Keeps the squad page's own files, so that it opens where there is no network. It touches no data: cards and waiting
 * actions lie in IndexedDB, and the page itself sends them (Background Sync is not everywhere, and would send in an
 * order of its own).
 */

const worker = self as unknown as ServiceWorkerGlobalScope;

// Filled in by the build: the files with their hashes, and a hash of them all.
declare const __FILES__: string[];
declare const __VERSION__: string;

const KEPT = `wim-${__VERSION__}`;
/** One document serves every page. */
const DOCUMENT = "/squad";
const OTHERS = ["/manifest.webmanifest", "/icons/icon.svg", "/icons/icon-192.png"];
/** How long a page waits for the network before it is opened from what is kept. */
const PATIENCE_MS = 2_500;

worker.addEventListener("install", (event) => {
  event.waitUntil(keep());
});

worker.addEventListener("activate", (event) => {
  event.waitUntil(tidy());
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== worker.location.origin) return;
  if (address.pathname.startsWith("/assets/")) event.respondWith(kept(request));
  else if (OTHERS.includes(address.pathname)) event.respondWith(kept(request));
  // To the provider and back is the server's own way: a page of ours in its place would lead nowhere.
  else if (request.mode === "navigate" && !address.pathname.startsWith("/v1/")) event.respondWith(document(request));
});

worker.addEventListener("push", (event) => {
  event.waitUntil(show(event.data?.text() ?? ""));
});

worker.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open((event.notification.data ?? {}) as Told));
});

/** What the service seals for a browser (`service.notices.web_push`): its words are in both languages already. */
interface Told {
  id?: string;
  code?: string;
  intercept?: string;
  title?: string;
  body?: string;
}

/** A push must always be shown, whatever it is: a browser takes the right away from a page that stays silent. */
async function show(text: string): Promise<void> {
  const told = read(text);
  await worker.registration.showNotification(told.title ?? "超限攔截 · Intercept", {
    body: told.body ?? "",
    icon: "/icons/icon-192.png",
    badge: "/icons/icon-192.png",
    // The same truck told anew takes the place of what was told before; what a desk must settle stands beside it.
    tag: (settles(told) ? told.id : told.intercept) ?? "wim",
    requireInteraction: true,
    data: told,
  });
}

function read(text: string): Told {
  try {
    return JSON.parse(text) as Told;
  } catch {
    return {};
  }
}

/** `service.notices.notice.DESK_MATTERS`. */
function settles({ code }: Told): boolean {
  return code === "conflict" || (code?.startsWith("joint_") ?? false);
}

/** The squad's page where a squad is asked, else the desk's; one that is open already comes to the front. */
async function open({ code, intercept }: Told): Promise<void> {
  const page = code === undefined || code === "offered" ? "/squad" : code.startsWith("joint_") ? "/joint" : "/board";
  const windows = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = windows.find((one) => new URL(one.url).pathname === page);
  there?.postMessage({ intercept });
  await (there ? there.focus() : worker.clients.openWindow(intercept ? `${page}?intercept=${intercept}` : page));
}

async function keep(): Promise<void> {
  const store = await caches.open(KEPT);
  await store.addAll([DOCUMENT, ...__FILES__, ...OTHERS].map((name) => new Request(name, { cache: "no-cache" })));
  await worker.skipWaiting();
}

async function tidy(): Promise<void> {
  const names = await caches.keys();
  await Promise.all(
    names.filter((name) => name.startsWith("wim-") && name !== KEPT).map((name) => caches.delete(name)),
  );
  await worker.clients.claim();
}

async function kept(request: Request): Promise<Response> {
  return (await caches.match(request)) ?? fetch(request);
}

/** The newest document where there is a network, else the one that is kept. */
async function document(request: Request): Promise<Response> {
  try {
    return await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) });
  } catch {
    return (await caches.match(DOCUMENT)) ?? Response.error();
  }
}
