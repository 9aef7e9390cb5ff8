// Shared helpers of the tests of the web interface. ORCHESTRATOR_WEB_MODULES is the folder with the compiled
// modules of web/src.
import { join } from "node:path";
import { pathToFileURL } from "node:url";

export const load = (name) => import(pathToFileURL(join(process.env.ORCHESTRATOR_WEB_MODULES, `${name}.mjs`)));

export const key = (name) => ({ Hostname: name, Port: name === "" ? 0 : 3306 });

// "b < a": b replicates from a; "a": a master. The instance is healthy except for `facts`.
export function instance(words, facts = {}) {
  const [name, master = ""] = words.split(" < ");
  return {
    Key: key(name),
    MasterKey: key(master),
    Slave_SQL_Running: master !== "",
    Slave_IO_Running: master !== "",
    SlaveLagSeconds: { Int64: 0, Valid: master !== "" },
    SecondsSinceLastSeen: { Int64: 1, Valid: true },
    ExecBinlogCoordinates: { LogFile: "binlog.000001", LogPos: 4 },
    SlaveHosts: [],
    ClusterName: "a:3306",
    DataCenter: "",
    IsReplica: master !== "",
    IsClusterMaster: name === "a",
    ReplicationRunning: master !== "",
    IsCoMaster: false,
    Problem: "",
    ProblemRank: 0,
    Problems: [],
    Remedy: "",
    GtidErrant: "",
    HasNeverConnected: false,
    IsLastCheckValid: true,
    IsRecentlyChecked: true,
    ReadOnly: true,
    LogBinEnabled: false,
    LogSlaveUpdatesEnabled: false,
    HasReplicationFilters: false,
    UsingPseudoGTID: false,
    UsingOracleGTID: false,
    UsingMariaDBGTID: false,
    CountMySQLSnapshots: 0,
    PromotionRule: "neutral",
    ...facts,
  };
}

export const instances = (...all) => all.map((words) => instance(words));
