// A discovery that the user has begun: what the server has found, and what it could not read. The server tells in its
// audit that the discovery is over.

import { useEffect, useRef, useState } from "preact/hooks";
import { act, apiPath, type AuditEntry, type Instance, type InstanceKey, instancePath, keyText, messageOf, read, withQuery } from "../requests";

export interface Unread {
  key: InstanceKey;
  reason: string;
}

export interface Discovered {
  start: InstanceKey;
  // "found 5, failed 0", as in the audit; undefined: it is not over.
  summary: string | undefined;
  // "": nothing is known yet.
  cluster: string;
  found: number;
  unread: Unread[];
}

export interface Discovery {
  state: "none" | "running" | "over" | "refused";
  discovered: Discovered | undefined;
  error: string;
  begin: (key: InstanceKey) => void;
}

const pauseMilliseconds = 700;
// The reasons of more instances are not asked for.
const mostReasons = 20;

interface Begun {
  start: InstanceKey;
  // The server's answer, which has the name that the server uses.
  message: string;
  // The latest entry of the audit before the discovery.
  lastAudit: number;
}

const ends = (): Promise<AuditEntry[]> =>
  read(withQuery(apiPath("audit", 0), { s: "start-discovery" })).then((all) => all.filter((one) => one.AuditType === "start-discovery"));

// What the audit says about the end of the discovery; undefined: it runs. `name`: the name that is known now.
async function summaryOf({ start, message, lastAudit }: Begun, name: string): Promise<string | undefined> {
  const isOwn = (entry: string): boolean => entry === keyText(start) || entry === name || message.endsWith(` ${entry}`);
  return (await ends()).find((one) => one.AuditId > lastAudit && isOwn(keyText(one.AuditInstanceKey)))?.Message;
}

// Why an instance that is not in the backend cannot be read; undefined: it can be.
async function reasonOf(key: InstanceKey): Promise<Unread | undefined> {
  try {
    await act(instancePath("refresh", key));
    return undefined;
  } catch (error) {
    return { key, reason: messageOf(error) };
  }
}

// The masters and replicas that instances name, and that are not known themselves.
function namedOnly(instances: readonly Instance[]): InstanceKey[] {
  const known = new Set(instances.map((one) => keyText(one.Key)));
  const named = instances.flatMap((one) => [one.MasterKey, ...one.SlaveHosts]).filter((key) => key.Hostname !== "");
  return [...new Map(named.map((key) => [keyText(key), key])).values()].filter((key) => !known.has(keyText(key)));
}

// The server may know the instance by a longer name than the user has given.
async function findInstance({ start, message }: Begun): Promise<Instance | undefined> {
  const all = await read(withQuery(apiPath("search"), { s: start.Hostname }));
  return all.find(({ Key }) => keyText(Key) === keyText(start)) ?? all.find(({ Key }) => message.endsWith(` ${keyText(Key)}`));
}

async function lookAt(begun: Begun): Promise<Discovered & { missing: InstanceKey[] }> {
  const { start } = begun;
  const own = await findInstance(begun);
  const summary = await summaryOf(begun, own ? keyText(own.Key) : "");
  const all = own ? await read(apiPath("cluster", own.ClusterName)) : [];
  const unread = all.filter((one) => !one.IsLastCheckValid)
    .map(({ Key, LastCheckError }) => ({ key: Key, reason: LastCheckError || "no reason is known" }));
  return { start, summary, cluster: own?.ClusterName ?? "", found: all.length - unread.length, unread, missing: own ? namedOnly(all) : [start] };
}

// Tells what is known until the discovery is over and all that it has read is stored: nothing was added since the last
// time. Then asks why the rest cannot be read.
async function follow(begun: Begun, tell: (found: Discovered) => void, isStopped: () => boolean): Promise<void> {
  for (let lastFound = -1; !isStopped();) {
    const { missing, ...found } = await lookAt(begun);
    if (isStopped()) return;
    if (found.summary !== undefined && found.found === lastFound) {
      const reasons = await Promise.all(missing.slice(0, mostReasons).map(reasonOf));
      if (!isStopped()) tell({ ...found, unread: [...found.unread, ...reasons.filter((one) => one !== undefined)] });
      return;
    }
    if (found.found > 0) tell({ ...found, summary: undefined });
    if (found.summary !== undefined) lastFound = found.found;
    await new Promise((resolve) => setTimeout(resolve, pauseMilliseconds));
  }
}

export function useDiscovery(): Discovery {
  const [state, setState] = useState<Discovery["state"]>("none");
  const [discovered, setDiscovered] = useState<Discovered | undefined>();
  const [error, setError] = useState("");
  // Incremented by each discovery, and when the page is left.
  const turn = useRef(0);
  useEffect(() => () => {
    turn.current++;
  }, []);

  const begin = async (start: InstanceKey): Promise<void> => {
    const own = ++turn.current;
    const isStopped = (): boolean => turn.current !== own;
    setState("running");
    setDiscovered(undefined);
    setError("");
    try {
      const lastAudit = Math.max(0, ...(await ends()).map((one) => one.AuditId));
      const { Message: message } = await act(instancePath("discover", start));
      await follow({ start, message, lastAudit }, setDiscovered, isStopped);
      if (!isStopped()) setState("over");
    } catch (failure) {
      if (isStopped()) return;
      setState("refused");
      setError(messageOf(failure));
    }
  };
  return { state, discovered, error, begin: (key) => void begin(key) };
}
