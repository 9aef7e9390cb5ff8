// The failed masters in the server's analysis, and a button to recover each.

import type { JSX } from "preact";
import { type Analysis, instancePath, keyText } from "../api";
import { openDialog } from "../dialogs";
import { useValue } from "../observable";
import { analyses, areSettingsKnown, settings, whyNotAllowed } from "../shared";

export function AnalysisBadge({ analysis }: { analysis: Analysis }): JSX.Element {
  return (
    <span class="badge failure-badge" title={analysis.Description} data-analysis={analysis.Analysis}>
      {analysis.Analysis}
    </span>
  );
}

export function openRecovery(analysis: Analysis): void {
  openDialog({
    kind: "plan",
    plan: {
      title: `Recover ${keyText(analysis.AnalyzedInstanceKey)}`,
      path: instancePath("recover", analysis.AnalyzedInstanceKey),
      subject: analysis.AnalyzedInstanceKey,
      button: "Recover",
      explanation: `${analysis.Analysis}: ${analysis.Description}. Its replicas and neighbours are read again first.`,
    },
  });
}

// The failed masters of a cluster, above its topology. `nameOf`: the displayed name of an instance.
export function ClusterAnalyses({ cluster, nameOf }: { cluster: string; nameOf: (name: string) => string }): JSX.Element | null {
  const known = useValue(settings);
  const areKnown = useValue(areSettingsKnown);
  const found = useValue(analyses).filter((one) => one.ClusterName === cluster);
  if (found.length === 0) return null;
  return (
    <ul class="analyses" aria-label="Failed masters">
      {found.map((one) => (
        <li key={keyText(one.AnalyzedInstanceKey)} class="alert alert-error">
          <span class="alert-text">
            <AnalysisBadge analysis={one} /> <b>{nameOf(keyText(one.AnalyzedInstanceKey))}</b>: {one.Description}
          </span>
          {whyNotAllowed(known, areKnown) === "" && (
            <button type="button" data-recover onClick={() => openRecovery(one)}>Recover…</button>
          )}
        </li>
      ))}
    </ul>
  );
}
