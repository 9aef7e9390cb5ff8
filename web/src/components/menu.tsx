// A button that opens a list of links and buttons below it.

import type { ComponentChildren, JSX, RefObject } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { onLeaving } from "../location";
import { Icon } from "./icon";

interface Properties {
  label: ComponentChildren;
  // The accessible name, if the label alone is not clear.
  name?: string;
  hook?: string;
  isCurrent?: boolean;
  opensToLeft?: boolean;
  className?: string;
  children: ComponentChildren;
  isOpen?: boolean;
  // The list has its own space on the page, and only its button closes it.
  staysOpen?: boolean;
  onToggle?: (isOpen: boolean) => void;
}

export function Menu(properties: Properties): JSX.Element {
  const { label, name, hook, isCurrent = false, opensToLeft = false, className = "", staysOpen = false, children } = properties;
  const [opened, setOpened] = useState(false);
  const isOpen = properties.isOpen ?? opened;
  const place = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const id = useId();
  const toggle = (open: boolean): void => {
    setOpened(open);
    properties.onToggle?.(open);
  };

  useClosing(place, isOpen && !staysOpen, () => toggle(false));
  const onKeyDown = (event: KeyboardEvent): void => {
    if (!isOpen) return;
    if (event.key === "Escape") {
      event.stopPropagation();
      toggle(false);
      button.current?.focus();
    }
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    if (focusNext(place.current, event.key === "ArrowDown" ? 1 : -1)) event.preventDefault();
  };

  return (
    <div class={`menu ${className}`} ref={place} onKeyDown={onKeyDown} data-menu={hook}>
      <button
        ref={button}
        type="button"
        class={isCurrent ? "menu-button current" : "menu-button"}
        aria-expanded={isOpen}
        aria-controls={id}
        aria-label={name}
        onClick={() => toggle(!isOpen)}
      >
        {label} <Icon name="down" />
      </button>
      <div id={id} class={opensToLeft ? "menu-list to-left" : "menu-list"} hidden={!isOpen}>
        {isOpen && children}
      </div>
    </div>
  );
}

// Closes the list when the user clicks or focuses something outside it, or leaves the page.
function useClosing(place: RefObject<HTMLElement>, isActive: boolean, close: () => void): void {
  useEffect(() => {
    if (!isActive) return;
    const closeOutside = (event: Event): void => {
      if (event.target instanceof Node && !place.current?.contains(event.target)) close();
    };
    const stopLeaving = onLeaving(close);
    document.addEventListener("pointerdown", closeOutside);
    document.addEventListener("focusin", closeOutside);
    return () => {
      stopLeaving();
      document.removeEventListener("pointerdown", closeOutside);
      document.removeEventListener("focusin", closeOutside);
    };
  }, [isActive]);
}

// After the last entry comes the first. False: there are no entries.
function focusNext(menu: HTMLElement | null, step: 1 | -1): boolean {
  const entries = [...(menu?.querySelectorAll<HTMLElement>(".menu-list a, .menu-list button:not(:disabled)") ?? [])];
  const at = entries.indexOf(document.activeElement as HTMLElement);
  entries[at < 0 ? (step > 0 ? 0 : entries.length - 1) : (at + step + entries.length) % entries.length]?.focus();
  return entries.length > 0;
}
