import { Icon, type IconName } from "../shell/icons";
import { sayOf } from "../shell/words";
import type { Card } from "./cards";

const ICONS: Record<string, IconName> = {
  claim: "hand",
  pass: "cross",
  depart: "road",
  stop: "place",
  weigh: "scale",
  confirm: "alert",
  legal: "check",
  unload: "unload",
  lose: "gone",
};

/** Which action is the usual next one; the big button under the thumb. */
export function usualOf(card: Card): string | undefined {
  const { actions, told } = card;
  if (card.state === "weighed" && told.static_gross_kg != null) {
    return told.static_gross_kg > told.best.limit_high_kg ? "confirm" : "legal";
  }
  const usual = ["claim", "depart", "stop", "weigh", "confirm", "unload"];
  const from = { claimed: "depart", en_route: "stop" }[card.state];
  return from && actions.includes(from) ? from : usual.find((one) => actions.includes(one));
}

/** The buttons of a card: the usual one as wide as the hand, the others beneath. */
export function Buttons({ card, act }: { card: Card; act: (action: string) => void }) {
  const usual = usualOf(card);
  const others = card.actions.filter((one) => one !== usual);
  if (!card.actions.length) return null;
  return (
    <div class="buttons">
      {usual && (
        <button type="button" class="primary usual" data-action={usual} onClick={() => act(usual)}>
          <Icon name={ICONS[usual] ?? "check"} size={28} />
          {sayOf("action", usual)}
        </button>
      )}
      {others.length > 0 && (
        <div class="others">
          {others.map((action) => (
            <button type="button" key={action} data-action={action} onClick={() => act(action)}>
              <Icon name={ICONS[action] ?? "check"} size={20} />
              {sayOf("action", action)}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
