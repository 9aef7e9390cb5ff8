// The operations on one instance: their labels, when they apply, and how they are confirmed.

import { type Instance, type InstanceKey, instancePath, keyText } from "./api";
import { isReplica, replicates, triesToReplicate } from "./model";

// direct: run at once, harmless or easy to undo. plan: show the plan, then ask. confirm: ask in a sentence; the
// operation has no plan.
export type Asking = "direct" | "plan" | "confirm";

export interface Action {
  name: string;
  label: string;
  group: "replication" | "server" | "move" | "replicas";
  asking: Asking;
  isDangerous: boolean;
  explanation: string;
  // The user must accept it, in addition to the plan.
  warning?: string;
  // The user must type the name: the operation destroys data that is stored nowhere else.
  isTyped?: boolean;
}

interface Rule extends Omit<Action, "isDangerous"> {
  isDangerous?: boolean;
  suits: (instance: Instance) => boolean;
}

const hasReplicas = (instance: Instance): boolean => instance.SlaveHosts.length > 0;
const serves = (instance: Instance): boolean => instance.LogBinEnabled && instance.LogSlaveUpdatesEnabled;
const usesGtid = (instance: Instance): boolean => instance.UsingOracleGTID || instance.UsingMariaDBGTID;
// A detached replica has impossible coordinates that encode the real ones.
const isDetached = (instance: Instance): boolean => instance.ExecBinlogCoordinates.LogFile.startsWith("//");

const rules: Rule[] = [
  {
    name: "start-slave", label: "Start slave", group: "replication", asking: "direct",
    explanation: "Starts both threads of replication.",
    suits: (one) => isReplica(one) && !replicates(one) && !isDetached(one),
  },
  {
    name: "stop-slave", label: "Stop slave", group: "replication", asking: "plan",
    explanation: "Stops both threads where they are. The instance begins to lag.",
    suits: (one) => isReplica(one) && triesToReplicate(one),
  },
  {
    name: "stop-slave-nice", label: "Stop slave nicely", group: "replication", asking: "plan",
    explanation: "Stops fetching, executes what has been fetched, then stops.",
    suits: (one) => isReplica(one) && triesToReplicate(one),
  },
  {
    name: "restart-slave", label: "Restart slave", group: "replication", asking: "plan",
    explanation: "Stops replication and starts it again.",
    suits: (one) => isReplica(one) && triesToReplicate(one),
  },
  {
    name: "skip-query", label: "Skip query", group: "replication", asking: "plan", isDangerous: true,
    explanation: "Leaves out the transaction that replication failed at, and goes on behind it.",
    warning: "What is left out here is missing on this instance, and on all that replicate from it.",
    suits: (one) => isReplica(one) && !one.Slave_SQL_Running && one.LastSQLError !== "",
  },
  {
    name: "detach-slave", label: "Detach slave", group: "replication", asking: "plan",
    explanation: "Breaks replication so that it can be undone by Reattach.",
    suits: (one) => isReplica(one) && !isDetached(one),
  },
  {
    name: "reattach-slave", label: "Reattach slave", group: "replication", asking: "plan",
    explanation: "Undoes Detach: replication goes on where it was.",
    suits: isDetached,
  },
  {
    name: "reset-slave", label: "Reset slave", group: "replication", asking: "plan", isDangerous: true, isTyped: true,
    explanation: "Makes the instance forget its master, its place in the master's log, and the account to replicate with.",
    warning: "This cannot be undone: the instance leaves the topology.",
    suits: isReplica,
  },
  {
    name: "set-read-only", label: "Set read-only", group: "server", asking: "direct",
    explanation: "Refuses writes of ordinary accounts.",
    suits: (one) => !one.ReadOnly,
  },
  {
    name: "set-writeable", label: "Set writeable", group: "server", asking: "plan", isDangerous: true,
    explanation: "Lets ordinary accounts write to the instance.",
    warning: "Writes to a replica make it differ from its master.",
    suits: (one) => one.ReadOnly,
  },
  {
    name: "move-up", label: "Move up", group: "move", asking: "plan",
    explanation: "Makes the instance a sibling of its master.",
    suits: (one) => isReplica(one) && one.ReplicationDepth > 1,
  },
  {
    name: "enslave-master", label: "Swap places with master", group: "move", asking: "plan",
    explanation: "The master becomes a replica of this instance, which replicates from its grandparent.",
    suits: (one) => isReplica(one) && one.ReplicationDepth > 1 && serves(one),
  },
  {
    name: "make-co-master", label: "Make co-master", group: "move", asking: "plan",
    explanation: "The master also replicates from this instance.",
    suits: (one) => isReplica(one) && one.ReplicationDepth === 1 && !one.IsCoMaster && one.LogBinEnabled,
  },
  {
    name: "repoint", label: "Repoint", group: "move", asking: "plan",
    explanation: "Goes on at the same coordinates of the same master, with new relay logs.",
    suits: isReplica,
  },
  {
    name: "match-up", label: "Match up", group: "move", asking: "plan",
    explanation: "Makes the instance a sibling of its master by Pseudo-GTID; the master may be dead.",
    suits: (one) => isReplica(one) && one.UsingPseudoGTID && one.ReplicationDepth > 1,
  },
  {
    name: "rematch", label: "Rematch", group: "move", asking: "plan",
    explanation: "Finds the place below its own master anew, by Pseudo-GTID.",
    suits: (one) => isReplica(one) && one.UsingPseudoGTID,
  },
  {
    name: "make-master", label: "Make master", group: "move", asking: "plan", isDangerous: true,
    explanation: "Executes what has been fetched, becomes writeable, and its siblings go below it. Its master must be dead.",
    warning: "Applications have to be sent to the new master by you, and the old one must not come back as a master.",
    suits: (one) => isReplica(one) && one.ReplicationDepth === 1 && serves(one),
  },
  {
    name: "make-local-master", label: "Make local master", group: "move", asking: "plan",
    explanation: "Takes the place of its master, which may be dead, by Pseudo-GTID.",
    suits: (one) => isReplica(one) && one.UsingPseudoGTID && one.ReplicationDepth > 1 && serves(one),
  },
  {
    name: "enslave-siblings", label: "Enslave siblings", group: "replicas", asking: "plan",
    explanation: "Moves all its siblings below it.",
    suits: (one) => isReplica(one) && serves(one),
  },
  {
    name: "move-up-slaves", label: "Move up slaves", group: "replicas", asking: "plan",
    explanation: "Makes all its replicas its siblings.",
    suits: (one) => one.IsLastCheckValid && hasReplicas(one) && isReplica(one),
  },
  {
    name: "repoint-slaves", label: "Repoint slaves", group: "replicas", asking: "plan",
    explanation: "Lets all its replicas go on at the same coordinates, with new relay logs.",
    suits: hasReplicas,
  },
  {
    name: "match-up-slaves", label: "Match up slaves", group: "replicas", asking: "plan",
    explanation: "Makes all its replicas its siblings by Pseudo-GTID.",
    suits: (one) => hasReplicas(one) && isReplica(one) && one.UsingPseudoGTID,
  },
  {
    name: "regroup-slaves", label: "Regroup slaves", group: "replicas", asking: "plan",
    explanation: "Gathers its replicas below the best of them.",
    suits: (one) => one.SlaveHosts.length > 1 && (one.UsingPseudoGTID || usesGtid(one) || !one.IsLastCheckValid),
  },
];

export function actionsFor(instance: Instance): Action[] {
  return rules
    .filter((rule) => rule.suits(instance))
    .map(({ suits: _suits, ...action }) => ({ isDangerous: false, ...action }));
}

export const actionPath = (action: Action, key: InstanceKey): string => instancePath(action.name, key);

export const actionTitle = (action: Action, key: InstanceKey): string => `${action.label}: ${keyText(key)}`;
