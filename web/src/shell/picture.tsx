import { useState } from "preact/hooks";
import { Icon } from "./icons";
import type { Violation } from "./messages";
import { say } from "./words";

/** The front of the truck, or that there is no picture; the two never look alike. */
export function Picture({ of }: { of: Violation }) {
  const [failed, setFailed] = useState<string | null>(null);
  const href = pictureOf(of);
  if (href === null || failed === href) {
    return (
      <figure class="picture none">
        <Icon name="camera" />
        <figcaption>{say(href === null ? "picture.none" : "picture.failed")}</figcaption>
      </figure>
    );
  }
  return (
    <figure class="picture">
      <img src={href} alt={say("picture.front")} loading="eager" decoding="async" onError={() => setFailed(href)} />
    </figure>
  );
}

/** Its address: an address of ours as it stands, a path within the archive by way of the passage. */
export function pictureOf(of: Violation): string | null {
  const front = of.media.find((one) => one.kind === "front") ?? of.media.find((one) => one.kind === "panorama");
  if (!front) return null;
  return front.href.startsWith("/") ? front.href : `/v1/passages/${of.passage.id}/media/${front.kind}`;
}
