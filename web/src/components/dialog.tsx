// A modal dialog: the browser's own, which keeps the focus inside and gives it back at the end.

import type { ComponentChildren, JSX } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { Icon } from "./icon";

interface Properties {
  title: string;
  name: string;
  onClose: () => void;
  // While something is under way that is to be watched to its end.
  isBusy?: boolean;
  isWide?: boolean;
  children: ComponentChildren;
  buttons?: ComponentChildren;
}

export function Dialog({ title, name, onClose, isBusy = false, isWide = false, children, buttons }: Properties): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();

  useLayoutEffect(() => {
    const shown = dialog.current;
    if (!shown) return;
    shown.showModal();
    return () => {
      // Closing, rather than vanishing, gives the focus back to where it was.
      shown.close();
      if (document.activeElement === document.body) {
        document.querySelector<HTMLElement>("main h1")?.focus({ preventScroll: true });
      }
    };
  }, []);

  return (
    <dialog
      ref={dialog}
      class={isWide ? "dialog wide" : "dialog"}
      aria-labelledby={heading}
      data-dialog={name}
      onCancel={(event) => {
        event.preventDefault();
        if (!isBusy) onClose();
      }}
    >
      <header class="dialog-head">
        <h2 id={heading}>{title}</h2>
        <button type="button" class="plain" aria-label="Close" disabled={isBusy} onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      <div class="dialog-body">{children}</div>
      {buttons !== undefined && <footer class="dialog-foot">{buttons}</footer>}
    </dialog>
  );
}
