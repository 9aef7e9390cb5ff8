// The failed masters in the server's analysis, and a button to recover each.

import type { JSX } from "preact";
import { planOf } from "../plans";
import { type Analysis, keyText } from "../requests";
import { openDialog, type PlanRequest } from "../dialogs";
import { useValue } from "../observable";
import { analyses } from "../shared";
import { useShown, useWhyNot } from "../shown";
import { Named, Said } from "./said";

export function AnalysisBadge({ analysis }: { analysis: Analysis }): JSX.Element {
  return (
    <span class="badge failure-badge" title={analysis.Description} data-analysis={analysis.Analysis}>
      {analysis.Analysis}
    </span>
  );
}

export const recoveryPlans = (analysis: Analysis): PlanRequest[] =>
  analysis.Actions.map((action) => ({
    ...planOf(action, analysis.AnalyzedInstanceKey),
    explanation: `${analysis.Analysis}: ${analysis.Description}. ${action.Explanation}`,
  }));

// The failed masters of a cluster, above its topology.
export function ClusterAnalyses({ cluster }: { cluster: string }): JSX.Element | null {
  const shown = useShown();
  const whyNot = useWhyNot();
  const found = useValue(analyses).filter((one) => one.ClusterName === cluster);
  if (found.length === 0) return null;
  return (
    <ul class="analyses" aria-label="Failed masters">
      {found.map((one) => (
        <li key={keyText(one.AnalyzedInstanceKey)} class="alert alert-error">
          <span class="alert-text">
            <AnalysisBadge analysis={one} /> <b><Named kind="instance" name={keyText(one.AnalyzedInstanceKey)} /></b>: <Said text={one.Description} />
          </span>
          {whyNot === "" && recoveryPlans(one).map((plan) => (
            <button key={plan.path} type="button" data-recover disabled={plan.refusal !== undefined}
              title={plan.refusal && shown.text(plan.refusal)} onClick={() => openDialog({ kind: "plan", plan })}>{plan.button}…</button>
          ))}
        </li>
      ))}
    </ul>
  );
}
