// The instance dialog: information about an instance, and the operations on it.

import type { JSX } from "preact";
import { type Instance, type InstanceKey, instancePath, keyText } from "../api";
import { type OpenDialog, openDialog } from "../dialogs";
import type { News } from "../events";
import { useLoaded } from "../loading";
import { hasConnectivityProblem, isReplica, recoverChoices, troubleOf } from "../model";
import { useValue } from "../observable";
import { analyses, areSettingsKnown, clusterInView, maintenance, settings, whyNotAllowed } from "../shared";
import { AnalysisBadge } from "./analyses";
import { ProblemBadge } from "./badges";
import { Dialog } from "./dialog";
import { Failure, Waiting } from "./failure";
import { InstanceActions } from "./instance-actions";
import { InstanceFacts } from "./instance-facts";
import { MaintenanceForm } from "./maintenance-form";

const concernsOf = (key: InstanceKey) => (news: News): boolean =>
  news.kind === "everything" ||
  (news.kind === "instances" && news.Keys.some((one) => keyText(one) === keyText(key)));

type Request = Extract<OpenDialog, { kind: "instance" }>;

export function InstanceDialog({ request, onClose }: { request: Request; onClose: () => void }): JSX.Element {
  const { key } = request;
  const name = keyText(key);
  const loaded = useLoaded<Instance>(instancePath("instance", key), concernsOf(key));
  const inView = useValue(clusterInView);
  const known = useValue(settings);
  const areKnown = useValue(areSettingsKnown);
  const held = useValue(maintenance).get(name);
  const instance = loaded.value ?? request.known;
  const whyNot = whyNotAllowed(known, areKnown);
  const analysis = useValue(analyses).find((one) => keyText(one.AnalyzedInstanceKey) === name);

  const recover = (): void => {
    if (!instance) return;
    openDialog({
      kind: "recover",
      key,
      choices: recoverChoices(instance, inView?.instances ?? []),
      ...(analysis && { analysis }),
    });
  };
  const trouble = instance && troubleOf(instance, known.ReasonableReplicationLagSeconds);
  const canRecover = instance !== undefined && recoverChoices(instance, inView?.instances ?? []).length > 0;
  const canMove = instance !== undefined && !hasConnectivityProblem(instance);

  return (
    <Dialog title={name} name="instance" onClose={onClose} isWide
      buttons={<>
        {canRecover && whyNot === "" && <button type="button" onClick={recover}>Recover…</button>}
        {instance && (
          <button type="button" disabled={whyNot !== "" || !canMove}
            title={whyNot !== "" ? whyNot : canMove ? "" : "It has to be reachable to be moved"}
            onClick={() => openDialog({ kind: "move", key, mode: "classic" })}>
            Move…
          </button>
        )}
        <button type="button" class="primary" onClick={onClose}>Done</button>
      </>}>
      {loaded.error !== "" && <Failure what="The instance cannot be read." error={loaded.error} retry={loaded.reload} />}
      {!instance && loaded.error === "" && <Waiting what="Reading the instance…" />}
      {whyNot !== "" && <p class="note" role="note" data-not-allowed>{whyNot}</p>}
      {instance && (
        <>
          <p class="problem-counts">
            {held && <ProblemBadge problem="in_maintenance" />}
            {trouble && <ProblemBadge problem={trouble} />}
            {analysis && <AnalysisBadge analysis={analysis} />}
            {isReplica(instance) && !trouble && !held && <span class="badge problem-none">replicates</span>}
          </p>
          {analysis && <p>{analysis.Description}.</p>}
          <div class="instance-columns">
            <InstanceFacts instance={instance} />
            <div>
              <MaintenanceForm instance={key} held={held} whyNot={whyNot} />
              <InstanceActions instance={instance} whyNot={whyNot} concerns={concernsOf(key)} onForgotten={onClose} reload={loaded.reload} />
            </div>
          </div>
        </>
      )}
    </Dialog>
  );
}
