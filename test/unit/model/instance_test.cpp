#include "topo/model/instance.h"

#include <catch2/catch.hpp>
#include <string>

#include "support/picture.h"

using topo::InstanceKey;
using topo::ReplicationChannel;
using topo::ThreadState;
using namespace std::chrono_literals;

namespace {

ReplicationChannel channel(const std::string& name, const InstanceKey& master) {
  ReplicationChannel made = picture::instance("replica", "master").channels.front();
  made.name = name;
  made.master = master;
  return made;
}

// Like RESET SLAVE.
void reset(ReplicationChannel& channel) {
  channel.read = channel.exec = {};
  channel.relay.file = "";
  channel.io_thread = channel.sql_thread = ThreadState::stopped;
}

}  // namespace

TEST_CASE("a replica has a master, known or not", "[topology][instance]") {
  struct Case {
    const char* what;
    const char* master_host;
    std::int64_t master_port;
    const char* read_file;
    bool is_replica;
    bool knows_master;
  };
  const Case cases[] = {
      {"usual", "m", 3306, "binlog.000001", true, true},
      {"the highest port", "m", 65535, "binlog.000001", true, true},
      {"never read", "m", 3306, "", true, true},
      {"what 5.5 shows after a reset", "_", 3306, "binlog.000001", false, false},
      {"no host", "", 3306, "binlog.000001", false, false},
      {"no port", "m", 0, "binlog.000001", true, false},
      {"no host name", "x;host=127.0.0.1", 3306, "binlog.000001", true, false},
  };
  for (const auto& c : cases) {
    INFO(c.what);
    auto instance = picture::instance("r", "m");
    instance.channels.front().set_master(c.master_host, c.master_port);
    instance.channels.front().read.file = c.read_file;
    CHECK(instance.is_replica() == c.is_replica);
    CHECK(instance.replica_running() == c.is_replica);
    CHECK(instance.master_key().has_value() == c.knows_master);
  }
  CHECK_FALSE(picture::instance("m").is_replica());
  CHECK_FALSE(picture::instance("m").master_key().has_value());
}

TEST_CASE("a replica that never connected is a replica, a reset one is not", "[topology][instance]") {
  auto instance = picture::instance("r", "m");
  auto& only = instance.channels.front();
  only.read = only.exec = {};
  only.relay.file = "";
  only.io_thread = ThreadState::other;
  CHECK(instance.is_replica());
  CHECK(instance.never_connected());
  only.io_thread = only.sql_thread = ThreadState::stopped;
  SECTION("a reset") {
    CHECK_FALSE(instance.is_replica());
    CHECK_FALSE(instance.never_connected());
  }
  SECTION("stopped after a failure") {
    only.last_io_error = "error connecting to master";
    CHECK(instance.never_connected());
  }
  SECTION("one running thread") {
    only.sql_thread = ThreadState::running;
    CHECK(instance.never_connected());
  }
  SECTION("MariaDB with a master set and never started") {
    only.relay.file = "relay.000001";
    CHECK(instance.never_connected());
    instance.version = "9.7.0";  // which also has that file after a reset
    CHECK_FALSE(instance.is_replica());
    only.using_oracle_gtid = true;  // and continues when started
    CHECK(instance.never_connected());
  }
  SECTION("just connected") {
    only.io_thread = ThreadState::running;
    CHECK(instance.is_replica());
    CHECK_FALSE(instance.never_connected());
  }
}

TEST_CASE("a replica runs when both threads do", "[topology][instance]") {
  auto instance = picture::instance("r", "m");
  for (const auto state : {ThreadState::none, ThreadState::stopped, ThreadState::other}) {
    instance.channels.front().io_thread = state;
    CHECK_FALSE(instance.replica_running());
    instance.channels.front().io_thread = ThreadState::running;
    instance.channels.front().sql_thread = state;
    CHECK_FALSE(instance.replica_running());
    instance.channels.front().sql_thread = ThreadState::running;
    CHECK(instance.replica_running());
  }
}

TEST_CASE("among several channels the default one counts, otherwise the first by name",
          "[topology][instance]") {
  topo::Instance instance;
  CHECK(instance.replication() == nullptr);
  instance.channels = {channel("north", {"n", 3306}), channel("east", {"e", 3306})};
  CHECK(instance.master_key() == InstanceKey{"e", 3306});
  instance.channels.push_back(channel("", {"d", 3306}));
  CHECK(instance.master_key() == InstanceKey{"d", 3306});
  CHECK(instance.is_multi_source());

  SECTION("even if it is stopped") {
    instance.channels.back().io_thread = ThreadState::stopped;
    CHECK(instance.master_key() == InstanceKey{"d", 3306});
  }
  SECTION("but not after a reset") {
    reset(instance.channels.back());
    CHECK(instance.master_key() == InstanceKey{"e", 3306});
    CHECK(instance.is_replica());
  }
  SECTION("unless all were reset") {
    for (auto& c : instance.channels) reset(c);
    CHECK(instance.replication()->master == InstanceKey{"d", 3306});
    CHECK_FALSE(instance.master_key().has_value());
    CHECK_FALSE(instance.is_replica());
  }
}

TEST_CASE("freshness of an instance's facts", "[topology][instance]") {
  topo::KnownInstance known;
  CHECK_FALSE(known.is_up_to_date(60s));
  CHECK_FALSE(known.is_recently_checked(60s));
  known.since_last_checked = 60s;
  CHECK(known.is_up_to_date(60s));
  known.since_last_checked = 61s;
  CHECK_FALSE(known.is_up_to_date(60s));
  known.since_last_checked = 300s;
  CHECK(known.is_recently_checked(60s));
  known.since_last_checked = 301s;
  CHECK_FALSE(known.is_recently_checked(60s));
}
