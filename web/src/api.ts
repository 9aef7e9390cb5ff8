// Made from the description of the API (GET /api) by generate-api.mjs; do not edit.

export interface Envelope {
  Code: "OK" | "ERROR";
  Result?: "rejoined" | "errant_transactions" | "cannot_be_compared" | "purged" | "unreachable";
  Message: string;
  Details: unknown;
  // Of an operation that changes servers; left out if it has none
  Steps?: StepOutcome[];
}

// A MySQL or MariaDB server, as last read
export interface Instance {
  Key: InstanceKey;
  // Time since the server was started, when it was last read, in seconds
  Uptime: number;
  // server_id
  ServerID: number;
  // version; "Unknown" for an instance that was never read
  Version: string;
  // read_only
  ReadOnly: boolean;
  // binlog_format
  Binlog_format: string;
  // log_bin
  LogBinEnabled: boolean;
  // log_slave_updates: the binary log has what is replicated, too
  LogSlaveUpdatesEnabled: boolean;
  SelfBinlogCoordinates: Coordinates;
  MasterKey: InstanceKey;
  // The SQL thread runs
  Slave_SQL_Running: boolean;
  // The IO thread runs and is connected
  Slave_IO_Running: boolean;
  // Replication filters are configured
  HasReplicationFilters: boolean;
  // Replicates by GTID, with Auto_Position (MySQL)
  UsingOracleGTID: boolean;
  // Replicates by GTID, with Using_Gtid (MariaDB)
  UsingMariaDBGTID: boolean;
  // Pseudo-GTID entries were found, by DetectPseudoGTIDQuery
  UsingPseudoGTID: boolean;
  ReadBinlogCoordinates: Coordinates;
  ExecBinlogCoordinates: Coordinates;
  RelaylogCoordinates: Coordinates;
  // Last error of the SQL thread
  LastSQLError: string;
  // Last error of the IO thread
  LastIOError: string;
  SecondsBehindMaster: OptionalNumber;
  SlaveLagSeconds: OptionalNumber;
  // The replicas that the instance itself lists
  SlaveHosts: InstanceKey[];
  // host:port of the topmost known instance of the cluster
  ClusterName: string;
  // By DataCenterPattern
  DataCenter: string;
  // By PhysicalEnvironmentPattern
  PhysicalEnvironment: string;
  // Number of masters above the instance
  ReplicationDepth: number;
  // Its master is also its replica
  IsCoMaster: boolean;
  // The last attempt to read the instance succeeded
  IsLastCheckValid: boolean;
  // Read within InstancePollSeconds
  IsUpToDate: boolean;
  // Read within five times InstancePollSeconds
  IsRecentlyChecked: boolean;
  SecondsSinceLastSeen: OptionalNumber;
  // Snapshots that the agent of the host has reported
  CountMySQLSnapshots: number;
  // server_uuid; empty on MariaDB and MySQL 5.5
  ServerUUID: string;
  // Errant transactions: a replica has them and its master does not, by GTID; "": none are known
  GtidErrant: string;
  // Received by the IO thread since its relay logs were created, by GTID
  ReceivedGtidSet: string;
  MostReceivedBinlogCoordinates: Coordinates;
  // A replica that has not connected to its master since that master was configured
  HasNeverConnected: boolean;
  // A replica on several channels
  IsMultiSource: boolean;
  // binlog-do-db or binlog-ignore-db is configured: the binary log lacks changes, and so do replicas
  HasBinlogFilters: boolean;
  // All channels of a replica on several channels
  ReplicationChannels?: ReplicationChannel[];
  // Both sides of semi-synchronous replication can be enabled: plugins are loaded, or it is built in
  SemiSyncAvailable?: boolean;
  // rpl_semi_sync_master_enabled or rpl_semi_sync_source_enabled
  SemiSyncMasterEnabled?: boolean;
  // rpl_semi_sync_slave_enabled or rpl_semi_sync_replica_enabled
  SemiSyncReplicaEnabled?: boolean;
  // How long a commit waits for replicas to acknowledge, in milliseconds
  SemiSyncMasterTimeout?: number;
  // Replicas that a commit waits for; without such a setting 1, when enabled
  SemiSyncMasterWaitForReplicaCount?: number;
  // Commits wait for replicas, and have not given up for now
  SemiSyncMasterStatus?: boolean;
  // Replicas that acknowledge to it
  SemiSyncMasterClients?: number;
  // It acknowledges to its master
  SemiSyncReplicaStatus?: boolean;
  // slave_parallel_workers, replica_parallel_workers or slave_parallel_threads
  ParallelWorkers?: number;
  // What the last read could not find out, a sentence each
  Warnings: string[];
  // Why the last attempt to read the instance failed
  LastCheckError: string;
  // What that says: no-answer: it may be dead; answered: it is alive; local: nothing, the failure is on this side; unknown; "": it was read
  LastCheckFailure: string;
  // What an interrupted operation left behind here
  UnfinishedOperation: string;
  // Whether a person wants it to become a master: prefer, neutral, prefer_not or must_not
  PromotionRule: string;
  // A former master that answers again, and is no replica, or may have what its master lacks
  IsReturned: boolean;
  ReplacedBy: InstanceKey;
  // When that happened, UTC; "": it was not replaced
  ReplacedAt: string;
  // Replicates from a master, or should
  IsReplica: boolean;
  // The cluster is named after it
  IsClusterMaster: boolean;
  // Both threads of the main channel run
  ReplicationRunning: boolean;
  // The worst of its problems; "": none
  Problem: "" | "last_check_invalid" | "not_recently_checked" | "returned" | "writable_co_masters" | "another_server" | "never_connected" | "not_replicating" | "replication_lag" | "errant_gtid" | "other";
  // The rank of that problem: 1 is the worst kind; 0: none
  ProblemRank: number;
  // All its problems, a sentence each
  Problems: string[];
  // What to do about the worst problem, a sentence; "": no problem
  Remedy: string;
  // log_slave_updates: the binary log has what is replicated, too
  LogReplicationUpdatesEnabled: boolean;
  // The SQL thread runs
  ReplicationSQLThreadRuning: boolean;
  // The IO thread runs and is connected
  ReplicationIOThreadRuning: boolean;
  ReplicationLagSeconds: OptionalNumber;
  // The replicas that the instance itself lists
  Replicas: InstanceKey[];
}

// The host name and port of an instance; an empty host name and port 0: none
export interface InstanceKey {
  // Host name or address
  Hostname: string;
  // Port
  Port: number;
}

// Coordinates in a binary log or relay log
export interface Coordinates {
  // File
  LogFile: string;
  // Position in bytes
  LogPos: number;
  // 0: binary log, 1: relay log
  Type: number;
}

// A number that may be unknown
export interface OptionalNumber {
  // The number; 0 if it is unknown
  Int64: number;
  // The number is known
  Valid: boolean;
}

// A channel (MySQL) or connection (MariaDB) of a replica
export interface ReplicationChannel {
  // "": the default channel
  Name: string;
  MasterKey: InstanceKey;
  // The SQL thread runs
  Slave_SQL_Running: boolean;
  // The IO thread runs and is connected
  Slave_IO_Running: boolean;
  SecondsBehindMaster: OptionalNumber;
}

// The number of instances with a problem
export interface ProblemCount {
  // Their worst problem
  Problem: "" | "last_check_invalid" | "not_recently_checked" | "returned" | "writable_co_masters" | "another_server" | "never_connected" | "not_replicating" | "replication_lag" | "errant_gtid" | "other";
  // Their number
  Count: number;
}

// A cluster
export interface Cluster {
  // host:port of its topmost known instance
  ClusterName: string;
  // "": none
  ClusterAlias: string;
  // Number of its known instances
  CountInstances: number;
  // Its instances that have a problem, the worst problem first
  ProblemCounts: ProblemCount[];
  MaxLagSeconds: OptionalNumber;
}

// An entry of the audit
export interface AuditEntry {
  // Number of the entry
  AuditId: number;
  // YYYY-MM-DD HH:MM:SS in UTC
  AuditTimestamp: string;
  // What was done
  AuditType: string;
  AuditInstanceKey: InstanceKey;
  // The details
  Message: string;
  // The owner of the lock that it is about; "": none
  Owner: string;
  // The reason for that lock
  Reason: string;
}

// An operation that makes sense on an object
export interface Action {
  // Its name
  Operation: string;
  // Its route, below /api/
  Path: string;
  // Where a menu shows it
  Section: "replication" | "server" | "move" | "replicas" | "recovery" | "discovery" | "leftovers" | "queries";
  // What a menu calls it
  Label: string;
  // What it does, a sentence
  Explanation: string;
  // none: runs at once; confirm: the plan, or else the explanation, is shown first; type-name: the user also types the name of the instance
  Danger: "none" | "confirm" | "type-name";
  // To be acknowledged in addition to the plan; "": none
  Warning: string;
  // With ?dry-run=true it shows what it would do
  HasPlan: boolean;
  // With ?force=true it goes on although a master may be alive
  MayBeForced: boolean;
  // Why it is not allowed now; "": it is allowed
  Refusal: string;
}

// A query that had been running for more than a minute when its instance was last read
export interface LongQuery {
  // Host name of the instance
  InstanceHostname: string;
  // Port of the instance
  InstancePort: number;
  // Number of the connection
  Id: number;
  // User of the connection
  User: string;
  // Client of the connection
  Host: string;
  // Default schema
  Db: string;
  // As in the process list
  Command: string;
  // Running time in seconds
  Time: number;
  // As in the process list
  State: string;
  // The first 1024 characters of the query
  Info: string;
  // YYYY-MM-DD HH:MM:SS in UTC
  StartedAt: string;
  // What ends it
  Actions: Action[];
}

// A lock of an instance
export interface Maintenance {
  // Number of the lock
  MaintenanceId: number;
  Key: InstanceKey;
  // YYYY-MM-DD HH:MM:SS in UTC
  BeginTimestamp: string;
  // Seconds since its begin
  SecondsElapsed: number;
  // Not ended and not expired
  IsActive: boolean;
  // Who locked it
  Owner: string;
  // Why
  Reason: string;
}

// A server of an interrupted operation
export interface UnfinishedServer {
  Key: InstanceKey;
  // Its state, a sentence
  State: string;
  // Nothing needs to be repaired
  IsInOrder: boolean;
}

// A running or interrupted operation
export interface UnfinishedOperation {
  // Number of the operation
  OperationId: number;
  // Its name
  Operation: string;
  Key: InstanceKey;
  // Who started it
  Owner: string;
  // YYYY-MM-DD HH:MM:SS in UTC
  BeginTimestamp: string;
  // Seconds since its begin
  SecondsElapsed: number;
  // It still runs
  IsUnderWay: boolean;
  // Its servers; none while it runs
  Servers: UnfinishedServer[];
  // What finishes or undoes it; none while it runs
  Actions: Action[];
}

// A process that shares the backend
export interface ServerNode {
  // Its host
  Hostname: string;
  // Distinguishes the processes of a host
  Token: string;
  // YYYY-MM-DD HH:MM:SS in UTC
  FirstSeen: string;
  // YYYY-MM-DD HH:MM:SS in UTC
  LastSeen: string;
  // Age of its last report
  SecondsSinceLastSeen: number;
  // What it runs
  Command: string;
  // Its version
  Version: string;
  // It is the node that polls
  IsActive: boolean;
  // silent: it has not reported for long, and has most likely ended
  State: "up" | "silent";
}

// What became of a step of an operation
export interface StepOutcome {
  // The step
  Step: string;
  // undone: its server is as it was before; skipped: it has not begun
  Result: "done" | "failed" | "undone" | "skipped";
  // Why it failed
  Reason: string;
}

// A resolved host name
export interface ResolvedName {
  // The name that it leads to
  Object: string;
  // YYYY-MM-DDTHH:MM:SSZ
  Expiration: string;
}

// Whether an instance can be moved to another one
export interface MoveVerdict {
  // ok, warning: possible, but only the user knows whether it makes sense, no
  Verdict: "ok" | "warning" | "no";
  // The operation that moves it; "": none
  Operation: string;
  // The route of the operation, below /api/
  Path: string;
  // Why not, or the warning
  Reason: string;
}

// Another instance of the cluster
export interface MoveTarget {
  Key: InstanceKey;
  Classic: MoveVerdict;
  PseudoGTID: MoveVerdict;
}

// Where an instance can be moved
export interface MoveTargets {
  Key: InstanceKey;
  // All other instances of its cluster
  Targets: MoveTarget[];
}

// What makes sense on an instance
export interface Actions {
  Key: InstanceKey;
  // The operations, in the order of a menu
  Actions: Action[];
}

// The result of reloading the configuration
export interface Reloaded {
  // The files that were read
  Files: string[];
  // The keys that have new values
  Changed: string[];
  // The keys whose new values need a restart
  AtNextStart: string[];
}

// A failure of an instance
export interface Analysis {
  AnalyzedInstanceKey: InstanceKey;
  // Its cluster
  ClusterName: string;
  // It replicates from no known instance
  IsMaster: boolean;
  // Its master is also its replica
  IsCoMaster: boolean;
  // The last attempt to read it succeeded
  LastCheckValid: boolean;
  // Its replicas
  CountSlaves: number;
  // Those whose last read succeeded
  CountValidSlaves: number;
  // Of those, the ones with both threads running
  CountValidReplicatingSlaves: number;
  // Of those, the ones with an IO thread connected to it
  CountConnectedSlaves: number;
  // The name of the failure
  Analysis: string;
  // The failure, a sentence
  Description: string;
  // What recovers its replicas
  Actions: Action[];
}

// The health of this node
export interface Health {
  // The backend can be read and written
  Healthy: boolean;
  // The host of this node
  Hostname: string;
  // Distinguishes the processes of a host
  Token: string;
  // This node polls
  IsActiveNode: boolean;
  // The node that polls, as host;token; "": none
  ActiveNode: string;
  // What is wrong
  Error: string | null;
}

// An event of a running operation
export interface OperationProgress {
  // Its name
  Operation: string;
  Key: InstanceKey;
  // What has happened
  State: "begun" | "step" | "step-done" | "step-failed" | "step-undone" | "done" | "failed";
  // The step that begins or has ended now, or the result
  Step: string;
  // Why the step failed
  Reason: string;
}

// What the web pages need to know of this server and its user
export interface Settings {
  // The user may make changes
  AuthorizedForAction: boolean;
  // The user; "": unknown
  User: string;
  // Why the user may not make changes, a sentence; "": the user may
  Refusal: string;
  // Nobody may make changes
  ReadOnly: boolean;
  // PseudoGTIDPattern is configured
  PseudoGTIDModeEnabled: boolean;
  // Left out of displayed names
  RemoveTextFromHostnameDisplay: string;
  // A lag above this is a problem
  ReasonableReplicationLagSeconds: number;
  // Interval between two polls of an instance
  InstancePollSeconds: number;
  // Entries per page of the audit
  AuditPageSize: number;
  // The host of this node
  Hostname: string;
  // The version of this node
  Version: string;
}

// What each route answers, without its envelope, by the first segment of its path below /api/.
export interface Answers {
  "search": Instance[];
  "problems": Instance[];
  "long-queries": LongQuery[];
  "get-candidate-slave": InstanceKey;
  "get-candidate-replica": InstanceKey;
  "instance": Instance;
  "move-targets": MoveTargets;
  "actions": Actions;
  "clusters": string[];
  "clusters-info": Cluster[];
  "cluster-info": Cluster;
  "cluster": Instance[];
  "unfinished": UnfinishedOperation[];
  "replication-analysis": Analysis[];
  "maintenance": Maintenance[];
  "invalid-instances": string[];
  "resolve": InstanceKey;
  "health": Health;
  "lb-check": string;
  "leader-check": string;
  "nodes": ServerNode[];
  "audit": AuditEntry[];
  "web-settings": Settings;
}
