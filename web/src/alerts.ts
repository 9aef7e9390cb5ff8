// Messages at the top of the page. Errors stay until the user dismisses them.

import { messageOf } from "./api";
import { Observable } from "./observable";

export interface Alert {
  id: number;
  kind: "error" | "info";
  text: string;
  link?: { address: string; text: string };
}

export const alerts = new Observable<Alert[]>([]);
const mostAlerts = 6;
const infoSeconds = 12;
let lastId = 0;

export function dismiss(id: number): void {
  alerts.set(alerts.value.filter((one) => one.id !== id));
}

function tell(alert: Omit<Alert, "id">): number {
  const id = ++lastId;
  // A repeated message moves to the end, so that repetitions do not fill the page.
  const others = alerts.value.filter((one) => one.kind !== alert.kind || one.text !== alert.text);
  alerts.set([...others, { ...alert, id }].slice(-mostAlerts));
  return id;
}

export function tellError(error: unknown): void {
  tell({ kind: "error", text: messageOf(error) });
}

export function tellInfo(text: string, link?: Alert["link"]): void {
  const id = tell({ kind: "info", text, ...(link ? { link } : {}) });
  if (!link) setTimeout(() => dismiss(id), infoSeconds * 1000);
}

// Runs `work` and shows an error if it fails.
export async function attempt(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    tellError(error);
  }
}
