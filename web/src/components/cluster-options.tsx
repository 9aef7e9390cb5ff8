// How a cluster is displayed, and how its instances are moved.

import type { JSX } from "preact";
import { type MoveMode, openDialog } from "../dialogs";
import { useValue } from "../observable";
import { anonymized, colouredDataCenters } from "../preferences";
import { settings } from "../shared";
import { useShown, useWhyNot } from "../shown";
import { Menu } from "./menu";
import { Named } from "./said";
import type { TreeFacts } from "./tree-card";

export function ModeButton({ mode, setMode }: { mode: MoveMode; setMode: (mode: MoveMode) => void }): JSX.Element | null {
  const { PseudoGTIDModeEnabled } = useValue(settings);
  if (!PseudoGTIDModeEnabled) return null;
  return (
    <button type="button" class={`mode-${mode}`} data-mode={mode} title="How instances are moved when they are dragged"
      onClick={() => setMode(mode === "classic" ? "pseudo-gtid" : "classic")}>
      {mode === "classic" ? "Classic mode" : "Pseudo-GTID mode"}
    </button>
  );
}

interface MenuProperties {
  name: string;
  alias: string;
  compact: boolean;
  setCompact: (on: boolean) => void;
}

export function ClusterMenu({ name, alias, compact, setCompact }: MenuProperties): JSX.Element {
  const areColoured = useValue(colouredDataCenters);
  const { isAnonymous } = useShown();
  const whyNot = useWhyNot();
  return (
    <Menu label="Options" name="Options of the cluster" hook="cluster" opensToLeft>
      <button type="button" onClick={() => setCompact(!compact)}>{compact ? "Expand display" : "Compact display"}</button>
      <button type="button" onClick={() => colouredDataCenters.set(!areColoured)}>
        {areColoured ? "Do not colour data centres" : "Colour data centres"}
      </button>
      <button type="button" disabled={whyNot !== ""} title={whyNot} onClick={() => openDialog({ kind: "alias", cluster: name, alias })}>
        {alias === "" ? "Alias…" : <>Alias: <bdi>{isAnonymous ? "…" : alias}</bdi></>}
      </button>
      <button type="button" onClick={() => anonymized.set(!isAnonymous)}>
        {isAnonymous ? "Show names" : "Anonymize"}
      </button>
    </Menu>
  );
}

export function DataCenterLegend({ facts }: { facts: TreeFacts }): JSX.Element | null {
  if (!facts.areColoured || facts.dataCenters.size === 0) return null;
  return (
    <ul class="legend" aria-label="Data centres">
      {[...facts.dataCenters].map(([name, number]) => (
        <li key={name} class={`dc dc-${number}`}><Named kind="data-centre" name={name} /></li>
      ))}
    </ul>
  );
}
