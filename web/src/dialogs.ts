// The open dialogs, topmost last. They survive a redraw of the page below them. The dialog of an instance is not among
// them: it is below all others, and the address says which.

import type { Analysis, Instance, InstanceKey, LongQuery } from "./requests";
import { goToInstance } from "./location";
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
  // Why the operation cannot be run now.
  refusal?: string;
  // Why the operation is dangerous; the user must accept it.
  warning?: string;
  // The user must type the name of the instance before the operation can run.
  isNameTyped?: boolean;
  // The operation can go on although the server refuses it because a master may be alive.
  mayBeForced?: boolean;
}

export interface ConfirmRequest {
  title: string;
  text: string;
  quoted?: string;
  button: string;
  isDangerous: boolean;
  path: string;
  subject: InstanceKey;
  done?: () => void;
}

export type DialogRequest =
  | { kind: "move"; key: InstanceKey; mode: MoveMode }
  | { kind: "plan"; plan: PlanRequest }
  | { kind: "confirm"; confirm: ConfirmRequest }
  | { kind: "recover"; analysis: Analysis }
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

// What was known of the instance when its dialog was opened: it is shown until the server has answered.
export const lastOpened = new Observable<Instance | undefined>(undefined);

export function openInstance(instance: Instance): void {
  lastOpened.set(instance);
  goToInstance(instance.Key);
}

export const queryKey = (query: LongQuery): InstanceKey => ({ Hostname: query.InstanceHostname, Port: query.InstancePort });
