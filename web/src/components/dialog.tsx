// A modal dialog, by the browser's <dialog>, which keeps the focus inside and restores it on close.

import type { ComponentChildren, JSX } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { Icon } from "./icon";

interface Properties {
  title: string;
  name: string;
  onClose: () => void;
  // The dialog cannot be closed while an operation runs.
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
      // Close the dialog before it is removed, so that the browser restores the focus.
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
