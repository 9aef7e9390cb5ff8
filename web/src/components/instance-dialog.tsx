// The instance dialog: information about an instance, and the operations on it.

import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { type Analysis, type Instance, type InstanceKey, instancePath, keyText } from "../requests";
import { settle, topicOf } from "../alerts";
import { lastOpened, openDialog } from "../dialogs";
import type { News } from "../events";
import { type Loaded, useLoaded } from "../loading";
import { useValue } from "../observable";
import { analyses, maintenance } from "../shared";
import { useWhyNot } from "../shown";
import { AnalysisBadge } from "./analyses";
import { ProblemBadge } from "./badges";
import { Dialog } from "./dialog";
import { InstanceActions } from "./instance-actions";
import { InstanceFacts } from "./instance-facts";
import { LoadingState } from "./loading-state";
import { MaintenanceForm } from "./maintenance-form";
import { Said } from "./said";

const concernsOf = (key: InstanceKey) => (news: News): boolean =>
  news.kind === "everything" ||
  (news.kind === "instances" && news.Keys.some((one) => keyText(one) === keyText(key)));

export function InstanceDialog({ of: key, onClose }: { of: InstanceKey; onClose: () => void }): JSX.Element {
  const name = keyText(key);
  const loaded = useLoaded(instancePath("instance", key), concernsOf(key));
  const known = useValue(lastOpened);
  const instance = loaded.value ?? (known && keyText(known.Key) === name ? known : undefined);
  const analysis = useValue(analyses).find((one) => keyText(one.AnalyzedInstanceKey) === name);
  const whyNot = useWhyNot();
  // The results of operations on the instance have been seen with it.
  useEffect(() => () => settle(topicOf(key)), [name]);

  const buttons = (
    <>
      {analysis && !analysis.LastCheckValid && whyNot === "" && (
        <button type="button" onClick={() => openDialog({ kind: "recover", analysis })}>Recover…</button>
      )}
      {instance && (
        <button type="button" disabled={whyNot !== ""} title={whyNot} onClick={() => openDialog({ kind: "move", key, mode: "classic" })}>
          Move…
        </button>
      )}
      <button type="button" class="primary" onClick={onClose}>Done</button>
    </>
  );
  return (
    <Dialog title={name} name="instance" onClose={onClose} isWide buttons={buttons}>
      <LoadingState of={loaded} what="The instance" />
      {whyNot !== "" && <p class="note" role="note" data-not-allowed>{whyNot}.</p>}
      {instance && <Content instance={instance} analysis={analysis} whyNot={whyNot} loaded={loaded} onClose={onClose} />}
    </Dialog>
  );
}

interface ContentProperties {
  instance: Instance;
  analysis: Analysis | undefined;
  whyNot: string;
  loaded: Loaded<Instance>;
  onClose: () => void;
}

function Content({ instance, analysis, whyNot, loaded, onClose }: ContentProperties): JSX.Element {
  const held = useValue(maintenance).get(keyText(instance.Key));
  return (
    <>
      <p class="problem-counts">
        {held && <ProblemBadge problem="in_maintenance" />}
        {instance.Problem !== "" && <ProblemBadge problem={instance.Problem} />}
        {analysis && <AnalysisBadge analysis={analysis} />}
        {instance.IsReplica && instance.Problem === "" && !held && <span class="badge problem-none">replicates</span>}
      </p>
      {analysis && <p><Said text={`${analysis.Description}.`} /></p>}
      {instance.Problems.length > 0 && (
        <div data-problems>
          <ul>{instance.Problems.map((text) => <li key={text}><Said text={`${text}.`} /></li>)}</ul>
          <p data-remedy><b>What to do: </b><Said text={`${instance.Remedy}.`} /></p>
        </div>
      )}
      <div class="instance-columns">
        <InstanceFacts instance={instance} />
        <div>
          <MaintenanceForm instance={instance.Key} held={held} whyNot={whyNot} />
          <InstanceActions subject={instance.Key} whyNot={whyNot} concerns={concernsOf(instance.Key)} onForgotten={onClose} reload={loaded.reload} />
        </div>
      </div>
    </>
  );
}
