// The frame of all pages: the navigation bar, messages, and the page content.

import type { ComponentChildren, JSX } from "preact";
import { useEffect } from "preact/hooks";
import { isolated } from "../bidi";
import { route } from "../location";
import { useValue } from "../observable";
import { settings } from "../shared";
import { Alerts } from "./alerts";
import { Bar } from "./bar";
import { shownDialogs } from "./dialog";
import { Named } from "./said";

export function Layout({ children }: { children: ComponentChildren }): JSX.Element {
  const shown = useValue(route);
  const { User, ReadOnly } = useValue(settings);
  const hasDialog = useValue(shownDialogs).length > 0;
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => {
        event.preventDefault();
        document.querySelector<HTMLElement>("main h1")?.focus();
      }}>Skip to the content</a>
      <Bar />
      <main id="main" data-page={shown.page === "cluster-alias" ? "cluster" : shown.page}>{children}</main>
      {(User !== "" || ReadOnly) && (
        <footer class="foot">{User !== "" && <>User <Named kind="user" name={User} />. </>}{ReadOnly && <>This server is read-only.</>}</footer>
      )}
      {!hasDialog && <Alerts />}
    </>
  );
}

interface HeadingProperties {
  // For the window title.
  title: string;
  children?: ComponentChildren;
}

// The heading of a page; also sets the window title. The heading gets the focus when the page is shown.
export function Heading({ title, children = title }: HeadingProperties): JSX.Element {
  useEffect(() => {
    document.title = title === "" ? "orchestrator" : `orchestrator - ${isolated(title)}`;
  }, [title]);
  return <h1 tabIndex={-1}>{children}</h1>;
}
