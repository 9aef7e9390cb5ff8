// The open dialogs, in the order of opening.

import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { closeAllDialogs, closeDialog, type OpenDialog, openDialogs } from "../dialogs";
import { onLeaving } from "../location";
import { useValue } from "../observable";
import { ConfirmDialog } from "./confirm-dialog";
import { InstanceDialog } from "./instance-dialog";
import { MoveDialog } from "./move-dialog";
import { PlanDialog } from "./plan-dialog";
import { AliasDialog, RecoverDialog } from "./small-dialogs";

function One({ request }: { request: OpenDialog }): JSX.Element {
  const onClose = (): void => closeDialog(request.id);
  switch (request.kind) {
    case "instance": return <InstanceDialog request={request} onClose={onClose} />;
    case "move": return <MoveDialog of={request.key} mode={request.mode} onClose={onClose} />;
    case "plan": return <PlanDialog plan={request.plan} onClose={onClose} />;
    case "confirm": return <ConfirmDialog confirm={request.confirm} onClose={onClose} />;
    case "recover": return <RecoverDialog of={request.key} choices={request.choices} analysis={request.analysis} onClose={onClose} />;
    case "alias": return <AliasDialog cluster={request.cluster} alias={request.alias} onClose={onClose} />;
  }
}

export function Dialogs(): JSX.Element {
  const open = useValue(openDialogs);
  useEffect(() => onLeaving(closeAllDialogs), []);
  return <>{open.map((request) => <One key={request.id} request={request} />)}</>;
}
