// The part of the server's JSON that the pages use.

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
  LastCheckValid: boolean;
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
