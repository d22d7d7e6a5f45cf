import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "../shell/icons";
import { say } from "../shell/words";

/** A question that comes up from the bottom, where the thumb is. The browser keeps the focus in it, and Escape closes it. */
export function Sheet({ title, close, children }: { title: string; close: () => void; children: ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      ref={dialog}
      class="sheet"
      aria-label={title}
      onClose={close}
      // Beside the sheet is away from it; who has a keyboard has Escape.
      onPointerDown={(event) => event.target === dialog.current && close()}
    >
      <header>
        <h2>{title}</h2>
        <button type="button" class="quiet" aria-label={say("sheet.close")} onClick={close}>
          <Icon name="cross" />
        </button>
      </header>
      {children}
    </dialog>
  );
}
