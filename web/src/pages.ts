/** Which page an address is, who is at home there, and the piece of script that draws it. */

import type { ComponentType } from "preact";
import type { Word } from "./shell/words";

export interface Page {
  address: RegExp;
  title: Word;
  /** Whether it needs somebody who is signed in. */
  open: boolean;
  load: () => Promise<{ default: ComponentType }>;
}

export const PAGES: readonly Page[] = [
  { address: /^\/login$/, title: "title.login", open: true, load: () => import("./login/page-login") },
  { address: /^\/squad$/, title: "title.squad", open: false, load: () => import("./squad/page-squad") },
  { address: /^\/board$/, title: "title.board", open: false, load: () => import("./board/page-board") },
  { address: /^\/cases\/[0-9a-f]+$/, title: "title.case", open: false, load: () => import("./cases/page-case") },
  { address: /^\/joint$/, title: "title.joint", open: false, load: () => import("./joint/page-joint") },
  { address: /^\/sites$/, title: "title.sites", open: false, load: () => import("./sites/page-sites") },
];

export function pageOf(path: string): Page | undefined {
  return PAGES.find((one) => one.address.test(path));
}
