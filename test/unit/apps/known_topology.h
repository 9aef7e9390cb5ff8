// A session over a new SQLite file with the topology db1 > db2, db1 > db3.
#pragma once

#include <memory>
#include <vector>

#include "common/session.h"
#include "unit/config/temporary_folder.h"

class KnownTopology {
 public:
  explicit KnownTopology(topo::Configuration configuration = {},
                         std::chrono::seconds connect_timeout = std::chrono::seconds(1)) {
    configuration.backend_db = "sqlite3";
    configuration.sqlite3_data_file = (folder_.path() / "orchestrator.sqlite3").string();
    configuration.hostname_resolve_method = "none";
    // Without a user, connecting fails before a port is reached.
    configuration.mysql_topology_user = "nobody";
    configuration.mysql_connect_timeout = connect_timeout;
    session_ = std::make_unique<orchestrator::Session>(std::move(configuration), silent_log(),
                                                       orchestrator::Session::Opening::at_first_use);
    write({instance("db1", ""), instance("db2", "db1"), instance("db3", "db1")});
  }

  [[nodiscard]] orchestrator::Session& session() const { return *session_; }

  static topo::Instance instance(const std::string& host, const std::string& master) {
    topo::Instance made;
    made.key = {host, 3306};
    made.version = "10.11.6-MariaDB-log";
    made.binlog_format = "ROW";
    made.server_id = 7;
    made.log_bin = made.log_slave_updates = true;
    made.cluster_name = "db1:3306";
    if (master.empty()) return made;
    topo::ReplicationChannel channel;
    channel.master = {master, 3306};
    channel.io_thread = channel.sql_thread = topo::ThreadState::running;
    channel.read = channel.exec = {"bin.000001", 4};
    channel.seconds_behind_master = std::chrono::seconds(0);
    made.channels = {channel};
    made.replication_depth = 1;
    return made;
  }

  void write(const std::vector<topo::Instance>& instances) const {
    std::vector<topo::InstanceWrite> writes;
    for (const auto& made : instances) writes.emplace_back(topo::SeenInstance{made, true});
    session_->store().instances().write(writes);
  }

  static std::shared_ptr<spdlog::logger> silent_log();

 private:
  TemporaryFolder folder_;
  std::unique_ptr<orchestrator::Session> session_;
};
