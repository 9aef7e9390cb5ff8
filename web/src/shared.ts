// Server data that many parts of the page need: read once, and again when there is news.

import { type Analysis, type Answers, apiPath, type ClusterInfo, type Instance, type Maintenance, messageOf, read, type Settings } from "./requests";
import { settle, tellError } from "./alerts";
import { connection, type News, onNews } from "./events";
import { maintenanceByKey } from "./model";
import { Observable } from "./observable";
import { Rhythm } from "./rhythm";

// Until the server has sent the settings, nothing is allowed.
const unknownSettings: Settings = {
  AuthorizedForAction: false,
  User: "",
  Refusal: "Your permissions are not known yet",
  ReadOnly: false,
  PseudoGTIDModeEnabled: false,
  RemoveTextFromHostnameDisplay: "",
  ReasonableReplicationLagSeconds: 10,
  InstancePollSeconds: 60,
  AuditPageSize: 20,
  Hostname: "",
  Version: "",
};

export const settings = new Observable<Settings>(unknownSettings);
export const clusters = new Observable<ClusterInfo[] | undefined>(undefined);
export const maintenance = new Observable<ReadonlyMap<string, Maintenance>>(new Map());
export const problemInstances = new Observable<Instance[]>([]);
// The failed masters.
export const analyses = new Observable<Analysis[]>([]);

// The cluster that the page shows. While it is set, only its problems are listed.
export interface ClusterInView {
  name: string;
  alias: string;
  instances: Instance[];
}
export const clusterInView = new Observable<ClusterInView | undefined>(undefined);

interface Source<Name extends keyof Answers> {
  name: Name;
  pause: number;
  concerns: (news: News) => boolean;
  take: (value: Answers[Name]) => void;
}

function keepReading<Name extends keyof Answers>({ name, pause, concerns, take }: Source<Name>): void {
  let lastError = "";
  const topic = `read ${name}`;
  const reading = new Rhythm(async () => {
    try {
      take(await read(apiPath(name)));
      lastError = "";
      settle(topic);
    } catch (error) {
      // A lost connection has its own message, and an error that the user has dismissed is not shown again.
      const text = messageOf(error);
      if (text !== lastError && connection.value !== "lost") tellError(new Error(text), topic, () => reading.ask());
      lastError = text;
    }
  }, pause);
  reading.ask();
  onNews((news) => {
    if (news.kind === "everything" || concerns(news)) reading.ask();
  });
}

export function startSharing(): void {
  keepReading({
    name: "web-settings",
    pause: 5000,
    concerns: () => false,
    take: (value) => settings.set({ ...unknownSettings, ...value }),
  });
  keepReading({
    name: "clusters-info",
    pause: 1000,
    concerns: (news) => news.kind === "clusters" || news.kind === "instances",
    take: (value) => clusters.set(value),
  });
  keepReading({
    name: "maintenance",
    pause: 1000,
    concerns: (news) => news.kind === "maintenance",
    take: (value) => maintenance.set(maintenanceByKey(value)),
  });
  keepReading({
    name: "problems",
    pause: 3000,
    concerns: (news) => news.kind === "instances",
    take: (value) => problemInstances.set(value),
  });
  keepReading({
    name: "replication-analysis",
    pause: 3000,
    concerns: (news) => news.kind === "instances" || news.kind === "maintenance",
    take: (value) => analyses.set(value),
  });
}
