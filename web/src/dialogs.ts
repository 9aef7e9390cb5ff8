// The open dialogs, topmost last. They survive a redraw of the page below them.

import type { Analysis, Instance, InstanceKey, LongQuery } from "./api";
import type { RecoverChoice } from "./model";
import { Observable } from "./observable";

export type MoveMode = "classic" | "pseudo-gtid";

// An operation that the server can run as a dry run first.
export interface PlanRequest {
  title: string;
  // Below api/, without dry-run.
  path: string;
  subject: InstanceKey;
  button: string;
  explanation?: string;
  // Why the operation is dangerous; the user must accept it.
  warning?: string;
  // The text that the user must type before the operation can run.
  typed?: string;
}

export interface ConfirmRequest {
  title: string;
  text: string;
  quoted?: string;
  button: string;
  isDangerous: boolean;
  path: string;
  done?: () => void;
}

export type DialogRequest =
  | { kind: "instance"; key: InstanceKey; known?: Instance }
  | { kind: "move"; key: InstanceKey; mode: MoveMode }
  | { kind: "plan"; plan: PlanRequest }
  | { kind: "confirm"; confirm: ConfirmRequest }
  | { kind: "recover"; key: InstanceKey; choices: RecoverChoice[]; analysis?: Analysis }
  | { kind: "alias"; cluster: string; alias: string };

export type OpenDialog = DialogRequest & { id: number };

export const openDialogs = new Observable<OpenDialog[]>([]);
let lastId = 0;

export function openDialog(request: DialogRequest): void {
  openDialogs.set([...openDialogs.value, { ...request, id: ++lastId }]);
}

export function closeDialog(id: number): void {
  openDialogs.set(openDialogs.value.filter((one) => one.id !== id));
}

export function closeAllDialogs(): void {
  openDialogs.set([]);
}

export const openInstance = (instance: Instance): void =>
  openDialog({ kind: "instance", key: instance.Key, known: instance });

export const queryKey = (query: LongQuery): InstanceKey => ({ Hostname: query.InstanceHostname, Port: query.InstancePort });
