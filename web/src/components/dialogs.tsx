// The open dialogs: the instance that the address names, and above it the others in the order of opening.

import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { closeAllDialogs, closeDialog, type OpenDialog, openDialogs } from "../dialogs";
import { leaveInstance, onLeaving, openInstanceName } from "../location";
import { keyOf } from "../navigation";
import { useValue } from "../observable";
import { AliasDialog } from "./alias-dialog";
import { ConfirmDialog } from "./confirm-dialog";
import { Dialog } from "./dialog";
import { InstanceDialog } from "./instance-dialog";
import { ErrorBox } from "./loading-state";
import { MoveDialog } from "./move-dialog";
import { PlanDialog } from "./plan-dialog";
import { RecoverDialog } from "./recover-dialog";

function One({ request }: { request: OpenDialog }): JSX.Element {
  const onClose = (): void => closeDialog(request.id);
  switch (request.kind) {
    case "move": return <MoveDialog of={request.key} mode={request.mode} onClose={onClose} />;
    case "plan": return <PlanDialog plan={request.plan} onClose={onClose} />;
    case "confirm": return <ConfirmDialog confirm={request.confirm} onClose={onClose} />;
    case "recover": return <RecoverDialog analysis={request.analysis} onClose={onClose} />;
    case "alias": return <AliasDialog cluster={request.cluster} alias={request.alias} onClose={onClose} />;
  }
}

function DialogOfAddress({ name }: { name: string }): JSX.Element {
  const key = keyOf(name);
  if (key) return <InstanceDialog of={key} onClose={leaveInstance} />;
  return (
    <Dialog title="No such instance" name="instance" onClose={leaveInstance} buttons={<button type="button" class="primary" onClick={leaveInstance}>Close</button>}>
      <ErrorBox label="The address names no instance:" error={`${name} is not HOST:PORT.`} />
    </Dialog>
  );
}

export function Dialogs(): JSX.Element {
  const open = useValue(openDialogs);
  const instance = useValue(openInstanceName);
  useEffect(() => onLeaving(closeAllDialogs), []);
  return (
    <>
      {instance !== "" && <DialogOfAddress key={`instance ${instance}`} name={instance} />}
      {open.map((request) => <One key={request.id} request={request} />)}
    </>
  );
}
