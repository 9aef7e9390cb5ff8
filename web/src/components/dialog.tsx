// A modal dialog, by the browser's <dialog>, which keeps the focus inside and restores it on close.

import type { ComponentChildren, JSX } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { Observable, useValue } from "../observable";
import { Alerts } from "./alerts";
import { Icon } from "./icon";
import { Said } from "./said";

interface Properties {
  title: string;
  name: string;
  onClose: () => void;
  isWide?: boolean;
  children: ComponentChildren;
  buttons?: ComponentChildren;
}

// The headings of the dialogs on show, topmost last. The rest of the page is inert: messages are in the topmost.
export const shownDialogs = new Observable<readonly string[]>([]);

export function Dialog({ title, name, onClose, isWide = false, children, buttons }: Properties): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  const isTopmost = useValue(shownDialogs).at(-1) === heading;

  useLayoutEffect(() => {
    const shown = dialog.current;
    if (!shown) return;
    shown.showModal();
    shownDialogs.set([...shownDialogs.value, heading]);
    return () => {
      shownDialogs.set(shownDialogs.value.filter((one) => one !== heading));
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
        onClose();
      }}
    >
      <header class="dialog-head">
        <h2 id={heading}><Said text={title} /></h2>
        <button type="button" class="plain" aria-label="Close" onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      <div class="dialog-body">{children}</div>
      {buttons !== undefined && <footer class="dialog-foot">{buttons}</footer>}
      {isTopmost && <Alerts />}
    </dialog>
  );
}
