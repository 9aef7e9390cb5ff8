// The modules of the page that work without a browser, compiled, and instances to try them with.
import { join } from "node:path";
import { pathToFileURL } from "node:url";

export const load = (name) => import(pathToFileURL(join(process.env.ORCHESTRATOR_WEB_MODULES, `${name}.mjs`)));

export const key = (name) => ({ Hostname: name, Port: name === "" ? 0 : 3306 });

// "b < a": b replicates from a; "a": a master. All is well.
export function instance(word, more = {}) {
  const [name, master = ""] = word.split(" < ");
  const replicates = master !== "";
  return {
    Key: key(name),
    MasterKey: key(master),
    ClusterName: "a:3306",
    DataCenter: "",
    SlaveHosts: [],
    IsLastCheckValid: true,
    IsRecentlyChecked: true,
    IsCoMaster: false,
    LogBinEnabled: true,
    LogSlaveUpdatesEnabled: true,
    ReadOnly: true,
    CountMySQLSnapshots: 0,
    Slave_SQL_Running: replicates,
    Slave_IO_Running: replicates,
    SlaveLagSeconds: { Int64: 0, Valid: replicates },
    SecondsSinceLastSeen: { Int64: 0, Valid: true },
    ExecBinlogCoordinates: { LogFile: "bin.000001", LogPos: 4 },
    ...more,
  };
}

export const instances = (...words) => words.map((word) => instance(word));
