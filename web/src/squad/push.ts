/** Being told while the page is closed (Web Push): a subscription of this browser, put anew each time the page opens. */

import { ask } from "../shell/api";
import { type Cell, cell } from "../shell/cell";

/**
 * `unknown` until it was looked at; `unable`: the browser cannot, or the server tells no browsers; `denied`: its owner
 * does not let it.
 */
export type Telling = "unknown" | "unable" | "denied" | "off" | "on";

export const telling: Cell<Telling> = cell<Telling>("unknown");

const PATH = "/v1/push-subscriptions";
const KEPT = "wim.push";

/** Looks how it stands; one that is on is renewed, for the server forgets what nobody renewed for a week. */
export async function lookAtTelling(): Promise<void> {
  const { key, manager } = await means();
  if (!key || !manager) return telling.set("unable");
  if (Notification.permission === "denied") return telling.set("denied");
  const known = await manager.getSubscription();
  if (known && Notification.permission === "granted") await put(known);
  telling.set(known ? "on" : "off");
}

/** At a touch: asks the owner, subscribes, and tells the server where. Throws what went wrong. */
export async function tellMe(): Promise<void> {
  if ((await Notification.requestPermission()) !== "granted") return telling.set("denied");
  const { key, manager } = await means();
  if (!key || !manager) return telling.set("unable");
  await put(await manager.subscribe({ userVisibleOnly: true, applicationServerKey: key }));
  telling.set("on");
}

/** No more: also when somebody signs out, for the next one on this phone is somebody else. */
export async function tellNoMore(): Promise<void> {
  const id = localStorage.getItem(KEPT);
  localStorage.removeItem(KEPT);
  if (id) await ask(`${PATH}/${id}`, { method: "DELETE" }).catch(() => undefined);
  const registration = await navigator.serviceWorker?.getRegistration();
  await (await registration?.pushManager?.getSubscription())?.unsubscribe();
  if (telling.get() === "on") telling.set("off");
}

async function put(subscription: PushSubscription): Promise<void> {
  const { endpoint, keys } = subscription.toJSON();
  const told = await ask<{ id: string }>(PATH, { method: "PUT", body: { endpoint, keys } });
  localStorage.setItem(KEPT, told.id);
}

/** The server's key, and what the browser subscribes with. */
async function means(): Promise<{ key: string | null; manager: PushManager | undefined }> {
  if (!("Notification" in globalThis) || !navigator.serviceWorker) return { key: null, manager: undefined };
  const { public_key } = await ask<{ public_key: string | null }>(PATH);
  const registration = await navigator.serviceWorker.getRegistration();
  return { key: public_key, manager: registration?.pushManager };
}
