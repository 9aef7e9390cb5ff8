// The facts about an instance, one per line.

import type { JSX } from "preact";
import { type Channel, type Coordinates, type Instance, keyText } from "../requests";
import { durationText, knownDurationText, majorVersion } from "../display";
import { clusterAddress, longQueriesAddress } from "../navigation";
import { type Shown, useShown } from "../shown";
import { Named, Said } from "./said";

type Fact = [name: string, value: JSX.Element | string];

const yesNo = (value: boolean, isGood = value): JSX.Element => (
  <span class={isGood ? "good" : "bad"}>{value ? "yes" : "no"}</span>
);

const place = ({ LogFile, LogPos }: Coordinates): JSX.Element => <Said text={LogFile === "" ? "none" : `${LogFile}:${LogPos}`} />;

const errorText = (text: string): JSX.Element => <span class="error-text"><Said text={text} /></span>;

function replicationFacts(one: Instance): Fact[] {
  if (!one.IsReplica) return [];
  const facts: Fact[] = [
    ["Master", <Named kind="instance" name={keyText(one.MasterKey)} />],
    ["Replication running", yesNo(one.ReplicationRunning)],
    ["SQL thread", yesNo(one.Slave_SQL_Running)],
    ["IO thread", yesNo(one.Slave_IO_Running)],
  ];
  if (one.LastSQLError !== "") facts.push(["Last SQL error", errorText(one.LastSQLError)]);
  if (one.LastIOError !== "") facts.push(["Last IO error", errorText(one.LastIOError)]);
  facts.push(
    ["Seconds behind master", knownDurationText(one.SecondsBehindMaster)],
    ["Replication lag", knownDurationText(one.SlaveLagSeconds)],
    ["Read from master", place(one.ReadBinlogCoordinates)],
    ["Executed", place(one.ExecBinlogCoordinates)],
    ["Replication filters", one.HasReplicationFilters ? "yes" : "no"],
    ["Co-master", one.IsCoMaster ? "yes" : "no"],
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

function semiSyncText(one: Instance): string {
  const waits = `as a master, for ${one.SemiSyncMasterWaitForReplicaCount} (${one.SemiSyncMasterClients} acknowledge)`;
  const sides = [
    one.SemiSyncMasterEnabled ? (one.SemiSyncMasterStatus ? waits : "as a master, given up for now") : "",
    one.SemiSyncReplicaEnabled ? "as a replica" : "",
  ].filter((side) => side !== "");
  return sides.length > 0 ? sides.join("; ") : "off";
}

function serverFacts(one: Instance, shown: Shown): Fact[] {
  const host = <Named kind="host" name={one.Key.Hostname} />;
  return [
    ["Replicas", String(one.SlaveHosts.length)],
    ["Server ID", shown.isAnonymous ? "…" : String(one.ServerID)],
    ...(one.ServerUUID ? [["Server UUID", <Named kind="uuid" name={one.ServerUUID} />] satisfies Fact] : []),
    ["Version", <Said text={shown.isAnonymous ? majorVersion(one.Version) : one.Version} />],
    ["Read only", yesNo(one.ReadOnly, one.ReadOnly)],
    ["Has binary logs", yesNo(one.LogBinEnabled)],
    ["Binlog format", <Said text={one.Binlog_format} />],
    ["Binary log at", place(one.SelfBinlogCoordinates)],
    ["Logs replica updates", yesNo(one.LogSlaveUpdatesEnabled)],
    ["Binary log filters", yesNo(one.HasBinlogFilters)],
    ["GTID", gtidText(one)],
    ...(one.SemiSyncAvailable ? [["Semi-sync", semiSyncText(one)] satisfies Fact] : []),
    ...(one.ParallelWorkers !== undefined ? [["Parallel workers", String(one.ParallelWorkers)] satisfies Fact] : []),
    ...(one.GtidErrant !== "" ? [["Errant transactions", <Said text={shown.isAnonymous ? "…" : one.GtidErrant} />] satisfies Fact] : []),
    ["Uptime", durationText(one.Uptime)],
    ...(one.DataCenter !== "" ? [["Data centre", <Named kind="data-centre" name={one.DataCenter} />] satisfies Fact] : []),
    ...(one.PhysicalEnvironment !== "" ? [["Environment", <Named kind="environment" name={one.PhysicalEnvironment} />] satisfies Fact] : []),
    ...(one.PromotionRule !== "neutral" ? [["Promotion rule", one.PromotionRule] satisfies Fact] : []),
    ["Snapshots", String(one.CountMySQLSnapshots)],
    ["Cluster", <a href={shown.address(clusterAddress(one.ClusterName))}><Named kind="cluster" name={one.ClusterName} /></a>],
    ["Long queries", <a href={shown.address(longQueriesAddress(one.Key.Hostname))}>of {host}</a>],
  ];
}

function checkFacts(one: Instance): Fact[] {
  const seen = one.SecondsSinceLastSeen;
  const facts: Fact[] = [
    ["Last check valid", yesNo(one.IsLastCheckValid)],
    ["Recently checked", yesNo(one.IsRecentlyChecked)],
    ["Last seen", seen.Valid ? `${durationText(seen.Int64)} ago` : "never"],
  ];
  if (one.LastCheckError) facts.push(["Last check's error", errorText(one.LastCheckError)]);
  if (one.ReplacedAt) facts.push(["Replaced by", <Said text={`${keyText(one.ReplacedBy)}, ${one.ReplacedAt} UTC`} />]);
  if (one.UnfinishedOperation) facts.push(["Unfinished", errorText(one.UnfinishedOperation)]);
  for (const warning of one.Warnings ?? []) facts.push(["Warning", errorText(warning)]);
  return facts;
}

function Channels({ channels }: { channels: Channel[] }): JSX.Element {
  return (
    <>
      <h3>Channels</h3>
      <ul>
        {channels.map((channel) => (
          <li key={channel.Name}>
            <b>{channel.Name === "" ? "(default)" : <Named kind="text" name={channel.Name} />}</b> from{" "}
            <Named kind="instance" name={keyText(channel.MasterKey)} />, IO thread {yesNo(channel.Slave_IO_Running)}, SQL thread{" "}
            {yesNo(channel.Slave_SQL_Running)}, {knownDurationText(channel.SecondsBehindMaster)} behind
          </li>
        ))}
      </ul>
    </>
  );
}

export function InstanceFacts({ instance }: { instance: Instance }): JSX.Element {
  const shown = useShown();
  const facts = [...checkFacts(instance), ...replicationFacts(instance), ...serverFacts(instance, shown)];
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
      {instance.ReplicationChannels && instance.ReplicationChannels.length > 0 && <Channels channels={instance.ReplicationChannels} />}
    </div>
  );
}
