// Messages above the page. Each has a topic; when the topic is settled, its messages go.

import { keyText, messageOf, type InstanceKey } from "./requests";
import { Observable } from "./observable";

export interface Alert {
  id: number;
  kind: "error" | "info";
  text: string;
  topic: string;
  retry?: () => void;
}

export const alerts = new Observable<Alert[]>([]);
const mostAlerts = 6;
let lastId = 0;

// Messages about the page on show go with it; all others until something new is known about their topic.
export const pageTopic = "page";
export const topicOf = (key: InstanceKey): string => `instance ${keyText(key)}`;

export function dismiss(id: number): void {
  alerts.set(alerts.value.filter((one) => one.id !== id));
}

export function settle(topic: string): void {
  if (alerts.value.some((one) => one.topic === topic)) alerts.set(alerts.value.filter((one) => one.topic !== topic));
}

// A newer message about a topic replaces the older one. On the page itself, only a repeated message does.
function tell(alert: Omit<Alert, "id">): void {
  const isReplaced = (one: Alert): boolean =>
    one.topic === alert.topic && (alert.topic !== pageTopic || (one.kind === alert.kind && one.text === alert.text));
  alerts.set([...alerts.value.filter((one) => !isReplaced(one)), { ...alert, id: ++lastId }].slice(-mostAlerts));
}

export function tellError(error: unknown, topic = pageTopic, retry?: () => void): void {
  tell({ kind: "error", text: messageOf(error), topic, ...(retry && { retry }) });
}

export function tellInfo(text: string, topic = pageTopic): void {
  tell({ kind: "info", text, topic });
}
