// Which dialogs are open, the topmost last. They outlive the drawing anew of what lies below them.

import type { Analysis, Instance, InstanceKey, LongQuery } from "./api";
import type { RecoverChoice } from "./model";
import { Observable } from "./observable";

export type MoveMode = "classic" | "pseudo-gtid";

// Something that the server can be asked for as a dry run first.
export interface PlanRequest {
  title: string;
  // Below api/, without dry-run.
  path: string;
  subject: InstanceKey;
  button: string;
  explanation?: string;
  // Why this is not done lightly; it has to be acknowledged.
  warning?: string;
  // What has to be typed before it may be done.
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
