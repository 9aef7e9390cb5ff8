// The requests of the pages to the server, and the part of its JSON that they use.

export interface InstanceKey {
  Hostname: string;
  Port: number;
}

export interface NullableNumber {
  Int64: number;
  Valid: boolean;
}

export interface Coordinates {
  LogFile: string;
  LogPos: number;
}

export interface Channel {
  Name: string;
  MasterKey: InstanceKey;
  Slave_SQL_Running: boolean;
  Slave_IO_Running: boolean;
  SecondsBehindMaster: NullableNumber;
}

export interface Instance {
  Key: InstanceKey;
  Uptime: number;
  ServerID: number;
  Version: string;
  ReadOnly: boolean;
  Binlog_format: string;
  LogBinEnabled: boolean;
  LogSlaveUpdatesEnabled: boolean;
  SelfBinlogCoordinates: Coordinates;
  MasterKey: InstanceKey;
  Slave_SQL_Running: boolean;
  Slave_IO_Running: boolean;
  HasReplicationFilters: boolean;
  UsingOracleGTID: boolean;
  UsingMariaDBGTID: boolean;
  UsingPseudoGTID: boolean;
  ReadBinlogCoordinates: Coordinates;
  ExecBinlogCoordinates: Coordinates;
  LastSQLError: string;
  LastIOError: string;
  SecondsBehindMaster: NullableNumber;
  SlaveLagSeconds: NullableNumber;
  SlaveHosts: InstanceKey[];
  ClusterName: string;
  DataCenter: string;
  PhysicalEnvironment: string;
  ReplicationDepth: number;
  IsCoMaster: boolean;
  HasNeverConnected: boolean;
  IsLastCheckValid: boolean;
  IsUpToDate: boolean;
  IsRecentlyChecked: boolean;
  SecondsSinceLastSeen: NullableNumber;
  CountMySQLSnapshots: number;
  // Missing in some versions of the API.
  ServerUUID?: string;
  IsMultiSource?: boolean;
  ReplicationChannels?: Channel[];
  Warnings?: string[];
  LastCheckError?: string;
  UnfinishedOperation?: string;
}

export interface ClusterInfo {
  ClusterName: string;
  ClusterAlias: string;
  CountInstances: number;
}

export interface Maintenance {
  MaintenanceId: number;
  Key: InstanceKey;
  BeginTimestamp: string;
  SecondsElapsed: number;
  IsActive: boolean;
  Owner: string;
  Reason: string;
}

export interface Analysis {
  AnalyzedInstanceKey: InstanceKey;
  ClusterName: string;
  Analysis: string;
  Description: string;
}

export interface AuditEntry {
  AuditId: number;
  AuditTimestamp: string;
  AuditType: string;
  AuditInstanceKey: InstanceKey;
  Message: string;
}

export interface LongQuery {
  InstanceHostname: string;
  InstancePort: number;
  Id: number;
  User: string;
  Host: string;
  Db: string;
  Command: string;
  Time: number;
  State: string;
  Info: string;
  StartedAt: string;
}

export interface Settings {
  AuthorizedForAction: boolean;
  User: string;
  ReadOnly: boolean;
  PseudoGTIDModeEnabled: boolean;
  RemoveTextFromHostnameDisplay: string;
  ReasonableReplicationLagSeconds: number;
  InstancePollSeconds: number;
  AuditPageSize: number;
  Hostname: string;
  Version: string;
}

export interface Verdict {
  Verdict: "ok" | "warning" | "no";
  Operation: string;
  Path: string;
  Reason: string;
}

export interface MoveTarget {
  Key: InstanceKey;
  Classic: Verdict;
  PseudoGTID: Verdict;
}

// An operation that the server offers for an instance.
export interface Action {
  Operation: string;
  Path: string;
  Section: "replication" | "server" | "move" | "replicas";
  Label: string;
  Explanation: string;
  // none: runs at once. confirm: the plan is shown first. type-name: the user also types the instance's name.
  Danger: "none" | "confirm" | "type-name";
  // To be acknowledged in addition to the plan; "": none.
  Warning: string;
  // Why the operation is not allowed now; "": it is allowed.
  Refusal: string;
}

export interface ServerNode {
  Hostname: string;
  Token: string;
  FirstSeen: string;
  LastSeen: string;
  SecondsSinceLastSeen: number;
  Command: string;
  Version: string;
  IsActive: boolean;
}

export interface Unfinished {
  OperationId: number;
  Operation: string;
  Key: InstanceKey;
  Owner: string;
  BeginTimestamp: string;
  SecondsElapsed: number;
  IsUnderWay: boolean;
  Servers: { Key: InstanceKey; State: string; IsInOrder: boolean }[];
}

export interface Health {
  Healthy: boolean;
  Hostname: string;
  Token: string;
  IsActiveNode: boolean;
  ActiveNode: string;
  Error: unknown;
}

export interface Answer {
  Code: string;
  Message: string;
  Details: unknown;
}

function isAnswer(given: unknown): given is Answer {
  return typeof given === "object" && given !== null && "Code" in given && "Message" in given;
}

export const keyText = (key: InstanceKey): string => `${key.Hostname}:${key.Port}`;

// A path below api/; its segments may contain any characters.
export const apiPath = (...segments: (string | number)[]): string => segments.map(encodeURIComponent).join("/");

export const instancePath = (operation: string, key: InstanceKey, ...more: (string | number)[]): string =>
  apiPath(operation, key.Hostname, key.Port, ...more);

export function withQuery(path: string, query: Record<string, string>): string {
  const text = new URLSearchParams(query).toString();
  return text === "" ? path : `${path}${path.includes("?") ? "&" : "?"}${text}`;
}

// The page may be served below any path of its host; the API is next to it.
export const apiAddress = (path: string): URL => new URL(`api/${path}`, document.baseURI);

// The number of running requests; the navigation bar shows that the page is waiting.
let running = 0;
let tellRunning: (count: number) => void = () => {};
export function onRequests(tell: (count: number) => void): void {
  tellRunning = tell;
}

// The server accepts changes only from its own pages. This header identifies them: pages of other sites cannot send it.
const headers = { Accept: "application/json", "X-Requested-With": "orchestrator" };

async function request(path: string, signal?: AbortSignal): Promise<{ response: Response; answer: unknown }> {
  tellRunning(++running);
  try {
    const response = await fetch(apiAddress(path), { headers, signal: signal ?? null });
    const answer: unknown = await response.json().catch(() => undefined);
    return { response, answer };
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Error("The server cannot be reached. Is it running, and is the network there?");
  } finally {
    tellRunning(--running);
  }
}

function refusalOf(path: string, response: Response, answer: unknown): Error | undefined {
  if (isAnswer(answer) && answer.Code !== "OK") return new Error(answer.Message);
  if (response.status === 401) return new Error("The server asks for a user and a password.");
  if (!response.ok || answer === undefined) {
    return new Error(`The server answered ${response.status} ${response.statusText} to api/${path}`.trim());
  }
  return undefined;
}

// Reads data, bare or in an envelope. Throws the server's message if the server refuses.
export async function read<T>(path: string, signal?: AbortSignal): Promise<T> {
  const { response, answer } = await request(path, signal);
  const refusal = refusalOf(path, response, answer);
  if (refusal) throw refusal;
  return (isAnswer(answer) ? answer.Details : answer) as T;
}

// Requests an action. Returns the answer, with the message to show; throws as `read` does.
export async function act(path: string): Promise<Answer> {
  const { response, answer } = await request(path);
  const refusal = refusalOf(path, response, answer);
  if (refusal) throw refusal;
  return isAnswer(answer) ? answer : { Code: "OK", Message: "Done", Details: answer };
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
