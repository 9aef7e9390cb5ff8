// The facts about an instance, one per line.

import type { JSX } from "preact";
import { type Coordinates, type Instance, keyText } from "../api";
import { durationText } from "../display";
import { isReplica, replicates } from "../model";
import { clusterAddress, longQueriesAddress } from "../navigation";

type Fact = [name: string, value: JSX.Element | string];

const yesNo = (value: boolean, isGood = value): JSX.Element => (
  <span class={isGood ? "good" : "bad"}>{value ? "yes" : "no"}</span>
);

const place = ({ LogFile, LogPos }: Coordinates): string => (LogFile === "" ? "none" : `${LogFile}:${LogPos}`);

const seconds = ({ Int64, Valid }: { Int64: number; Valid: boolean }): string => (Valid ? `${Int64} s` : "unknown");

function replicationFacts(one: Instance): Fact[] {
  if (!isReplica(one)) return [];
  const facts: Fact[] = [
    ["Master", keyText(one.MasterKey)],
    ["Replication running", yesNo(replicates(one))],
    ["SQL thread", yesNo(one.Slave_SQL_Running)],
    ["IO thread", yesNo(one.Slave_IO_Running)],
  ];
  if (one.LastSQLError !== "") facts.push(["Last SQL error", <span class="error-text">{one.LastSQLError}</span>]);
  if (one.LastIOError !== "") facts.push(["Last IO error", <span class="error-text">{one.LastIOError}</span>]);
  facts.push(
    ["Seconds behind master", seconds(one.SecondsBehindMaster)],
    ["Replication lag", seconds(one.SlaveLagSeconds)],
    ["Read from master", place(one.ReadBinlogCoordinates)],
    ["Executed", place(one.ExecBinlogCoordinates)],
    ["Replication filters", one.HasReplicationFilters ? "yes" : "no"],
    ["Co master", one.IsCoMaster ? "yes" : "no"],
  );
  return facts;
}

function gtidText(one: Instance): string {
  const kinds = [
    one.UsingOracleGTID ? "Oracle GTID" : "",
    one.UsingMariaDBGTID ? "MariaDB GTID" : "",
    one.UsingPseudoGTID ? "Pseudo-GTID" : "",
  ].filter((kind) => kind !== "");
  return kinds.length > 0 ? kinds.join(", ") : "none";
}

function serverFacts(one: Instance): Fact[] {
  return [
    ["Num slaves", String(one.SlaveHosts.length)],
    ["Server ID", String(one.ServerID)],
    ...(one.ServerUUID ? [["Server UUID", one.ServerUUID] satisfies Fact] : []),
    ["Version", one.Version],
    ["Read only", yesNo(one.ReadOnly, one.ReadOnly)],
    ["Has binary logs", yesNo(one.LogBinEnabled)],
    ["Binlog format", one.Binlog_format],
    ["Binary log at", place(one.SelfBinlogCoordinates)],
    ["Logs slave updates", yesNo(one.LogSlaveUpdatesEnabled)],
    ["GTID", gtidText(one)],
    ["Uptime", durationText(one.Uptime)],
    ...(one.DataCenter !== "" ? [["Data centre", one.DataCenter] satisfies Fact] : []),
    ...(one.PhysicalEnvironment !== "" ? [["Environment", one.PhysicalEnvironment] satisfies Fact] : []),
    ["Snapshots", String(one.CountMySQLSnapshots)],
    ["Cluster", <a href={clusterAddress(one.ClusterName)}>{one.ClusterName}</a>],
    ["Long queries", <a href={longQueriesAddress(one.Key.Hostname)}>of {one.Key.Hostname}</a>],
  ];
}

function checkFacts(one: Instance): Fact[] {
  const seen = one.SecondsSinceLastSeen;
  const facts: Fact[] = [
    ["Last check valid", yesNo(one.IsLastCheckValid)],
    ["Recently checked", yesNo(one.IsRecentlyChecked)],
    ["Last seen", seen.Valid ? `${durationText(seen.Int64)} ago` : "never"],
  ];
  if (one.LastCheckError) facts.push(["Last check's error", <span class="error-text">{one.LastCheckError}</span>]);
  if (one.UnfinishedOperation) facts.push(["Unfinished", <span class="error-text">{one.UnfinishedOperation}</span>]);
  for (const warning of one.Warnings ?? []) facts.push(["Warning", <span class="error-text">{warning}</span>]);
  return facts;
}

export function InstanceFacts({ instance }: { instance: Instance }): JSX.Element {
  const facts = [...checkFacts(instance), ...replicationFacts(instance), ...serverFacts(instance)];
  return (
    <div>
      <dl class="facts">
        {facts.map(([name, value], index) => (
          <div key={`${name}${index}`} data-fact={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {instance.ReplicationChannels && instance.ReplicationChannels.length > 0 && (
        <>
          <h3>Channels</h3>
          <ul>
            {instance.ReplicationChannels.map((channel) => (
              <li key={channel.Name}>
                <b>{channel.Name === "" ? "(default)" : channel.Name}</b> from {keyText(channel.MasterKey)}, IO thread{" "}
                {yesNo(channel.Slave_IO_Running)}, SQL thread {yesNo(channel.Slave_SQL_Running)},{" "}
                {seconds(channel.SecondsBehindMaster)} behind
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}
