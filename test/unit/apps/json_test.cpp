#include <catch2/catch.hpp>

#include "common/audited_lock.h"
#include "common/reply.h"
#include "http/message.h"

using namespace orchestrator;
using namespace std::chrono_literals;

namespace {

const topo::StatusLimits limits{5s, 10s, 20s};

topo::KnownInstance replica() {
  topo::KnownInstance known;
  auto& instance = known.instance;
  instance.key = {"127.0.0.1", 22988};
  instance.uptime = 77s;
  instance.server_id = 101;
  instance.server_uuid = "00022988-1111-1111-1111-111111111111";
  instance.version = "5.6.32-log";
  instance.binlog_format = "STATEMENT";
  instance.log_bin = instance.log_slave_updates = true;
  instance.self_coordinates = {"mysql-bin.000016", 10930};
  topo::ReplicationChannel channel;
  channel.master = {"127.0.0.1", 22987};
  channel.io_thread = topo::ThreadState::other;
  channel.sql_thread = topo::ThreadState::running;
  channel.read = {"mysql-bin.000030", 10995};
  channel.exec = {"mysql-bin.000030", 10900};
  channel.relay = {"relay.000002", 4, topo::LogType::relay};
  channel.last_io_error = "no \"way\"\n";
  channel.seconds_behind_master = 3s;
  channel.has_filters = true;
  instance.channels = {channel};
  instance.replica_hosts = {{"127.0.0.1", 22989}, {"127.0.0.1", 22990}};
  instance.cluster_name = "127.0.0.1:22987";
  instance.data_center = "ams";
  instance.physical_environment = "prod";
  instance.replication_depth = 1;
  instance.using_pseudo_gtid = true;
  known.since_last_checked = 8s;
  known.since_last_seen = 8s;
  known.last_check_valid = true;
  known.mysql_snapshots = 2;
  known.promotion_rule = topo::PromotionRule::prefer_not;
  return known;
}

std::string json(Payload payload) {
  return render_json(Reply::bare(std::move(payload)), limits);
}

}  // namespace

TEST_CASE(
    "An instance has the fields of orchestrator in their order, then ours, then the names of later "
    "releases") {
  CHECK(
      json(replica()) ==
      R"({"Key":{"Hostname":"127.0.0.1","Port":22988},"Uptime":77,"ServerID":101,"Version":"5.6.32-log",)"
      R"("ReadOnly":false,"Binlog_format":"STATEMENT","LogBinEnabled":true,"LogSlaveUpdatesEnabled":true,)"
      R"("SelfBinlogCoordinates":{"LogFile":"mysql-bin.000016","LogPos":10930,"Type":0},)"
      R"("MasterKey":{"Hostname":"127.0.0.1","Port":22987},"Slave_SQL_Running":true,"Slave_IO_Running":false,)"
      R"("HasReplicationFilters":true,"UsingOracleGTID":false,"UsingMariaDBGTID":false,"UsingPseudoGTID":true,)"
      R"("ReadBinlogCoordinates":{"LogFile":"mysql-bin.000030","LogPos":10995,"Type":0},)"
      R"("ExecBinlogCoordinates":{"LogFile":"mysql-bin.000030","LogPos":10900,"Type":0},)"
      R"("RelaylogCoordinates":{"LogFile":"relay.000002","LogPos":4,"Type":1},)"
      R"("LastSQLError":"","LastIOError":"no \"way\"\n","SecondsBehindMaster":{"Int64":3,"Valid":true},)"
      R"("SlaveLagSeconds":{"Int64":0,"Valid":false},)"
      R"("SlaveHosts":[{"Hostname":"127.0.0.1","Port":22989},{"Hostname":"127.0.0.1","Port":22990}],)"
      R"("ClusterName":"127.0.0.1:22987","DataCenter":"ams","PhysicalEnvironment":"prod","ReplicationDepth":1,)"
      R"("IsCoMaster":false,"IsLastCheckValid":true,"IsUpToDate":false,"IsRecentlyChecked":true,)"
      R"("SecondsSinceLastSeen":{"Int64":8,"Valid":true},"CountMySQLSnapshots":2,)"
      R"("ServerUUID":"00022988-1111-1111-1111-111111111111","GtidErrant":"","ReceivedGtidSet":"","MostReceivedBinlogCoordinates":{"LogFile":"","LogPos":0,"Type":0},"HasNeverConnected":false,"IsMultiSource":false,"HasBinlogFilters":false,"Warnings":[],"LastCheckError":"","LastCheckFailure":"","UnfinishedOperation":"",)"
      R"("PromotionRule":"prefer_not",)"
      R"("IsReturned":false,"ReplacedBy":{"Hostname":"","Port":0},"ReplacedAt":"","IsReplica":true,"IsClusterMaster":false,"ReplicationRunning":false,"Problem":"not_replicating","ProblemRank":7,)"
      R"("Problems":["The IO thread is not running: no \"way\"\n"],)"
      R"x("Remedy":"Remove the cause of the error, if there is one, then start replication (start-slave), or skip the transaction that failed (skip-query)",)x"
      R"("LogReplicationUpdatesEnabled":true,"ReplicationSQLThreadRuning":true,"ReplicationIOThreadRuning":false,)"
      R"("ReplicationLagSeconds":{"Int64":0,"Valid":false},)"
      R"("Replicas":[{"Hostname":"127.0.0.1","Port":22989},{"Hostname":"127.0.0.1","Port":22990}]})");
}

TEST_CASE("An instance that does not replicate has an empty master") {
  auto known = replica();
  known.instance.channels.clear();
  known.since_last_seen.reset();
  const auto text = json(known);
  CHECK(text.find(R"("MasterKey":{"Hostname":"","Port":0},"Slave_SQL_Running":false)") != std::string::npos);
  CHECK(text.find(R"("RelaylogCoordinates":{"LogFile":"","LogPos":0,"Type":1})") != std::string::npos);
  CHECK(text.find(R"("SecondsSinceLastSeen":{"Int64":0,"Valid":false})") != std::string::npos);
  CHECK(text.find(R"("IsReplica":false,"IsClusterMaster":false)") != std::string::npos);
}

TEST_CASE("A healthy instance has no problem and no remedy; a cluster is named after its master") {
  auto known = replica();
  known.instance.channels.clear();
  known.instance.cluster_name = "127.0.0.1:22988";
  const auto text = json(known);
  CHECK(text.find(R"("IsReplica":false,"IsClusterMaster":true,"ReplicationRunning":false,)"
                  R"("Problem":"","ProblemRank":0,"Problems":[],"Remedy":"")") != std::string::npos);
}

TEST_CASE("All channels of a replica are listed") {
  auto known = replica();
  known.instance.channels.push_back(known.instance.channels.front());
  known.instance.channels[1].name = "b";
  const auto text = json(known);
  CHECK(
      text.find(
          R"("IsMultiSource":true,"HasBinlogFilters":false,"ReplicationChannels":[{"Name":"","MasterKey":{"Hostname":"127.0.0.1","Port":22987},)"
          R"("Slave_SQL_Running":true,"Slave_IO_Running":false,"SecondsBehindMaster":{"Int64":3,"Valid":true}},{"Name":"b",)") !=
      std::string::npos);
}

TEST_CASE("Semi-sync and workers are rendered when they are known") {
  auto known = replica();
  known.instance.semi_sync = {true, true, false, true, std::chrono::milliseconds(10000), 2, false, true, 3};
  known.instance.parallel_workers = 4;
  CHECK(
      json(known).find(
          R"("SemiSyncAvailable":true,"SemiSyncMasterEnabled":false,"SemiSyncReplicaEnabled":true,)"
          R"("SemiSyncMasterTimeout":10000,"SemiSyncMasterWaitForReplicaCount":2,"SemiSyncMasterStatus":false,)"
          R"("SemiSyncMasterClients":3,"SemiSyncReplicaStatus":true,"ParallelWorkers":4,"Warnings")") !=
      std::string::npos);
}

TEST_CASE("Other objects are rendered") {
  CHECK(json(topo::InstanceKey{"a", 1}) == R"({"Hostname":"a","Port":1})");
  CHECK(json(NameList{}) == "[]");
  CHECK(json(NameList{"db-a1:3306", "db-b1:3306"}) == R"(["db-a1:3306","db-b1:3306"])");
  const ClusterState shop{{"db-a1:3306", "shop", 4, 20s}, {{topo::Problem::replication_lag, 2}}};
  CHECK(
      json(ClusterList{shop}) ==
      R"([{"ClusterName":"db-a1:3306","ClusterAlias":"shop","CountInstances":4,)"
      R"("ProblemCounts":[{"Problem":"replication_lag","Count":2}],"MaxLagSeconds":{"Int64":20,"Valid":true}}])");
  CHECK(json(ClusterState{}) ==
        R"({"ClusterName":"","ClusterAlias":"","CountInstances":0,"ProblemCounts":[],)"
        R"("MaxLagSeconds":{"Int64":0,"Valid":false}})");
  CHECK(json(Text{"OK"}) == "\"OK\"");
}

TEST_CASE("An audit entry is rendered") {
  topo::AuditEntry entry;
  entry.id = 99;
  entry.timestamp = "2015-04-10 09:00:00";
  entry.type = "forget";
  entry.hostname = "db-a3";
  entry.port = 3306;
  entry.message = "gone";
  CHECK(json(AuditList{entry}) ==
        R"([{"AuditId":99,"AuditTimestamp":"2015-04-10 09:00:00","AuditType":"forget",)"
        R"("AuditInstanceKey":{"Hostname":"db-a3","Port":3306},"Message":"gone","Owner":"","Reason":""}])");
  entry.message = audit_message_of_lock(7, "ann b.", "new disks, reason: soon");
  CHECK(entry.message == "maintenanceToken: 7, owner: ann b., reason: new disks, reason: soon");
  CHECK_THAT(json(AuditList{entry}),
             Catch::EndsWith(R"("Owner":"ann b.","Reason":"new disks, reason: soon"}])"));
  for (const auto* other :
       {"its lock, owner: ann, reason: x", "maintenanceToken: 7", "maintenanceToken: 7, owner: ann"}) {
    entry.message = other;
    CHECK_THAT(json(AuditList{entry}), Catch::EndsWith(R"("Owner":"","Reason":""}])"));
  }
}

TEST_CASE("The health of a node is rendered") {
  Health health;
  health.hostname = "orc1";
  health.token = "9f";
  health.node.healthy = health.node.is_active_node = true;
  health.node.active_hostname = "orc1";
  health.node.active_token = "9f";
  CHECK(
      json(health) ==
      R"({"Healthy":true,"Hostname":"orc1","Token":"9f","IsActiveNode":true,"ActiveNode":"orc1;9f","Error":null})");
  health.error = "disk full";
  CHECK(json(health).ends_with(R"("Error":"disk full"})"));
}

TEST_CASE("A node that has not reported for more than 20 seconds is silent") {
  topo::Node node;
  node.hostname = "orc1";
  node.since_last_seen = 20s;
  CHECK(json(NodeList{node}).ends_with(R"("IsActive":false,"State":"up"}])"));
  node.since_last_seen = 21s;
  CHECK(json(NodeList{node}).ends_with(R"("IsActive":false,"State":"silent"}])"));
}

TEST_CASE("Queries, failures and interrupted operations come with the actions on them") {
  topo::StoredLongQuery query;
  query.instance = {"::1", 3306};
  query.query.id = 77;
  CHECK_THAT(
      json(LongQueryList{query}),
      Catch::Contains(R"("Actions":[{"Operation":"kill-query","Path":"kill-query/%3A%3A1/3306/77",)"
                      R"("Section":"queries","Label":"Kill query","Explanation":")") &&
          Catch::EndsWith(
              R"("Danger":"confirm","Warning":"","HasPlan":false,"MayBeForced":false,"Refusal":""}]}])"));
  topo::Analysis analysis;
  analysis.key = {"a", 1};
  CHECK_THAT(
      json(AnalysisList{analysis}),
      Catch::Contains(R"("Actions":[{"Operation":"recover","Path":"recover/a/1","Section":"recovery",)") &&
          Catch::EndsWith(R"("HasPlan":true,"MayBeForced":true,"Refusal":""}]}])"));
  analysis.last_check_valid = true;
  analysis.failure = topo::Failure::all_master_replicas_not_replicating;
  CHECK_THAT(json(AnalysisList{analysis}),
             Catch::EndsWith(R"("Refusal":"a:1: The master is alive but none of its replicas is replicating )"
                             R"((AllMasterSlavesNotReplicating); moving replicas cannot fix this"}]}])"));
  topo::refactor::UnfinishedOperation unfinished;
  unfinished.operation.subject = {"a", 1};
  unfinished.servers.push_back({});
  unfinished.servers.front().key = {"b", 1};
  CHECK_THAT(json(UnfinishedList{unfinished}), Catch::Contains(R"("Path":"finish-unfinished/b/1")") &&
                                                   Catch::Contains(R"("Path":"undo-unfinished/b/1")"));
  unfinished.servers.front().key = {"a", 1};
  CHECK_THAT(json(UnfinishedList{unfinished}), Catch::Contains(R"("Path":"undo-unfinished/a/1")"));
  unfinished.operation.is_under_way = true;
  CHECK_THAT(json(UnfinishedList{unfinished}), Catch::EndsWith(R"("Actions":[]}])"));
}

TEST_CASE("The envelope is rendered") {
  CHECK(render_json(Reply::with_message("done", topo::InstanceKey{"a", 1}), limits) ==
        R"({"Code":"OK","Message":"done","Details":null})");
  CHECK(render_json(Reply::with_details("Instance resolved", topo::InstanceKey{"a", 1}), limits) ==
        R"({"Code":"OK","Message":"Instance resolved","Details":{"Hostname":"a","Port":1}})");
  using Result = topo::refactor::StepReport::Result;
  const std::vector<topo::refactor::StepReport> steps{{"a: stop", Result::undone},
                                                      {"a: go", Result::failed, "no"}};
  const std::string as_json =
      R"("Steps":[{"Step":"a: stop","Result":"undone","Reason":""},{"Step":"a: go","Result":"failed","Reason":"no"}]})";
  auto moved = Reply::with_message("moved");
  moved.steps = steps;
  CHECK(render_json(moved, limits) == R"({"Code":"OK","Message":"moved","Details":null,)" + as_json);
  CHECK(*error_response(409, "no", {}, steps).body ==
        R"({"Code":"ERROR","Message":"no","Details":null,)" + as_json);
  auto named = Reply::with_message("Instance a:1 rejoined below b:1");
  named.result = topo::results::rejoined;
  CHECK(render_json(named, limits) ==
        R"({"Code":"OK","Result":"rejoined","Message":"Instance a:1 rejoined below b:1","Details":null})");
  CHECK(*error_response(409, "purged: a:1", topo::results::purged).body ==
        R"({"Code":"ERROR","Result":"purged","Message":"purged: a:1","Details":null})");
  CHECK(*error_response(401, "Unauthorized").body ==
        R"({"Code":"ERROR","Message":"Unauthorized","Details":null})");
}

TEST_CASE("Invalid UTF-8 is replaced") {
  CHECK(json(Text{"a\xff\xc3\xa4\xed\xa0\x80z"}) ==
        "\"a\xef\xbf\xbd\xc3\xa4\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\"");
  CHECK(json(Text{std::string("\0\x1f\xe2\x82", 4)}) == "\"\\u0000\\u001F\xef\xbf\xbd\xef\xbf\xbd\"");
}

TEST_CASE("The command line prints one line per entry") {
  const auto text = [](Payload payload) { return render_text(Reply::bare(std::move(payload))); };
  CHECK(text(KeyList{{"a", 1}, {"::1", 2}}) == "a:1\n[::1]:2\n");
  CHECK(text(NameList{}).empty());
  CHECK(text(std::monostate{}).empty());
  CHECK(text(Text{"a\n+ b"}) == "a\n+ b\n");
  CHECK(text(Text{"a\n"}) == "a\n");
  CHECK(text(InstanceList{replica()}) == "127.0.0.1:22988\n");
  CHECK(text(ClusterState{{"c", "", 2}}) == "c\t\t2\n");
  CHECK(render_text(Reply::with_message("done", topo::InstanceKey{"a", 1})) == "a:1\n");
}
