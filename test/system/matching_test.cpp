// Replicas are moved by Pseudo-GTID under write load, and no row is lost or doubled.
#include "system/support/matching.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <thread>

#include "sandbox/wait.h"
#include "topo/refactor/servers.h"

namespace {

using namespace std::chrono_literals;
using sandbox::Flavour;
using sandbox::patience;
using system_test::check_rows;
using system_test::inject;
using system_test::MatchedServers;
using system_test::more_writes;
using system_test::no_log_of_updates;
using topo::refactor::OperationReport;
using topo::refactor::OperationRequest;

sandbox::Options with_entries(Flavour flavour, const char* format = "ROW") {
  auto options = system_test::options_of(flavour);
  options.format = format;
  options.pseudo_gtid = true;
  return options;
}

OperationRequest only(const MatchedServers& servers, std::string_view name) {
  OperationRequest request;
  request.filter = topo::refactor::matching(fmt::format("^{}$", servers.key(name).display()));
  return request;
}

bool has_moved(const OperationReport& report, std::size_t count = 1) {
  return report.outcome.moved.size() == count && report.outcome.failed.empty() &&
         report.outcome.leftovers.empty() && report.plan.refused.empty();
}

}  // namespace

TEST_CASE("replicas are matched below permitted masters under write load", "[pgtid][matching]") {
  for (const auto flavour : system_test::in_turn(system_test::flavours_with_newest())) {
    for (const char* format : {"ROW", "STATEMENT"}) {
      // The newer flavours are tested with rows only, to save time.
      const bool is_older = flavour == Flavour::mysql_5_6 || flavour == Flavour::mariadb_10_11;
      if (std::string_view(format) == "STATEMENT" && !is_older) continue;
      DYNAMIC_SECTION(sandbox::to_string(flavour) << ", " << format) {
        MatchedServers servers("a > b > c, b > d, a > e", with_entries(flavour, format));
        auto& matches = servers.refactoring();
        const auto key = [&](const char* name) { return servers.key(name); };
        sandbox::Writer writer(servers["a"]);
        const auto all_write = [&](const char* expected) {
          more_writes(writer);
          INFO(expected);
          std::string masters;
          for (const char* name : {"b", "c", "d", "e"}) {
            masters += fmt::format("{}<{} ", name, servers.master(name));
            if (servers[name].running()) CHECK(servers[name].replicates());
          }
          CHECK(masters == expected);
        };
        all_write("b<a c<b d<b e<a ");
        CHECK(has_moved(matches.run("match-below", {key("c"), key("e")}, {})));
        all_write("b<a c<e d<b e<a ");
        CHECK(has_moved(matches.run("match-below", {key("c"), key("a")}, {})));
        all_write("b<a c<a d<b e<a ");
        CHECK(has_moved(matches.run("match-up", {key("d")}, {})));
        all_write("b<a c<a d<a e<a ");
        CHECK(has_moved(matches.run("multi-match-slaves", {key("a"), key("b")}, only(servers, "c"))));
        all_write("b<a c<b d<a e<a ");
        CHECK(has_moved(matches.run("multi-match-slaves", {key("a"), key("b")}, {}), 2));
        all_write("b<a c<b d<b e<b ");
        CHECK(has_moved(matches.run("rematch", {key("c")}, {})));
        all_write("b<a c<b d<b e<b ");
        CHECK(has_moved(matches.run("match-up-slaves", {key("b")}, only(servers, "e"))));
        all_write("b<a c<b d<b e<a ");
        CHECK(has_moved(matches.run("match-up-slaves", {key("b")}, {}), 2));
        all_write("b<a c<a d<a e<a ");
        CHECK(has_moved(matches.run("multi-match-slaves", {key("a"), key("d")}, {}), 3));
        all_write("b<d c<d d<a e<d ");
        servers["d"].kill9();
        CHECK(has_moved(matches.run("match-up", {key("c")}, {})));
        CHECK(servers.is_below("c", "a"));
        CHECK(has_moved(matches.run("match-up-slaves", {key("d")}, {}), 2));
        more_writes(writer);
        writer.stop();
        for (const char* name : {"b", "c", "e"}) CHECK(servers.is_below(name, "a"));
        check_rows(servers.topology(), {"a", "b", "c", "e"});
      }
    }
  }
}

TEST_CASE("operations do not connect to a dead master when its replicas leave it", "[pgtid][matching]") {
  auto options = with_entries(Flavour::mariadb_10_11);
  options.many_addresses = true;  // replicas connect from their own
  MatchedServers servers("a > b > c, b > d, b > e, b > f", options);
  auto& matches = servers.refactoring();
  {
    sandbox::Writer writer(servers["a"]);
    more_writes(writer);
  }
  servers.topology().wait_for_replication();  // so that none has received more than e
  servers["b"].kill9();
  for (const char* name : {"c", "d", "e", "f"}) {
    const auto has_noticed = [&] { return servers[name].replication_status()->io != "Yes"; };
    sandbox::wait_until(has_noticed, patience, "the death to be noticed");
  }
  system_test::Listener listener(servers.key("b"));
  CHECK(has_moved(matches.run("match-up", {servers.key("c")}, {})));
  CHECK(has_moved(matches.run("match-up-slaves", {servers.key("b")}, only(servers, "d"))));
  CHECK(has_moved(matches.run("make-local-master", {servers.key("e")}, {}), 2));
  CHECK(servers.is_below("c", "a"));
  CHECK(servers.is_below("d", "a"));
  CHECK(servers.is_below("e", "a"));
  CHECK(servers.is_below("f", "e"));
  for (const auto& caller : listener.callers()) {
    INFO(caller);
    const auto is_host = [&](const auto& server) { return server->host() == caller; };
    const auto& all = servers.topology().servers();
    CHECK(std::any_of(all.begin(), all.end(), is_host));
  }
}

TEST_CASE("a replica without log_slave_updates is matched by its relay log", "[pgtid][matching]") {
  for (const auto flavour : system_test::in_turn(system_test::flavours_with_newest())) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      auto options = with_entries(flavour);
      options.extra_server_options = {"--binlog-checksum=CRC32"};
      if (flavour == Flavour::mysql_9_7)
        options.extra_server_options.emplace_back("--binlog-transaction-compression=ON");
      if (flavour == Flavour::mariadb_11_8) {
        options.extra_server_options.insert(options.extra_server_options.end(),
                                            {"--log-bin-compress=ON", "--log-bin-compress-min-len=10"});
      }
      options.servers["b"].extra_options = {"--binlog-checksum=NONE"};
      options.servers["n"].extra_options = {no_log_of_updates(flavour), "--binlog-checksum=NONE"};
      options.servers["o"].extra_options = {no_log_of_updates(flavour), "--skip-log-bin"};
      MatchedServers servers("a > b, a > c, a > n, a > o", options);
      sandbox::Writer writer(servers["a"]);
      more_writes(writer);
      const auto match = [&](const char* name, const char* other) {
        // A change of the master starts new relay logs, which need an entry of their own.
        inject(servers["a"]);
        servers.topology().wait_for_replication(patience);
        INFO(name << " below " << other);
        CHECK(
            has_moved(servers.refactoring().run("match-below", {servers.key(name), servers.key(other)}, {})));
        CHECK(servers.is_below(name, other));
      };
      for (const char* name : {"n", "o", "c"}) match(name, "b");
      for (const char* name : {"n", "o"}) match(name, "c");
      for (const char* name : {"n", "o", "c"}) match(name, "a");
      more_writes(writer);
      writer.stop();
      check_rows(servers.topology(), {"a", "b", "c", "n", "o"});
    }
  }
}

TEST_CASE("reading a log waits for a slow server", "[pgtid][matching]") {
  MatchedServers servers("a", system_test::options_of(Flavour::mariadb_10_11));
  auto& a = servers["a"];
  const auto instance = servers.library().refresh("a").instance;
  const auto live = topo::refactor::live_servers(servers.library().context());
  const auto logs = live->logs(instance, topo::LogType::binary);
  const auto patience_of_polls = servers.library().context().configuration().mysql_discovery_read_timeout;
  const auto newest = a.binlog_position().file;
  logs->read(newest, 0, [](const auto&) { return false; });  // connects at the first read
  a.pause();
  const std::jthread resumes([&] {
    std::this_thread::sleep_for(2 * patience_of_polls);
    a.resume();
  });
  std::size_t events = 0;
  CHECK_NOTHROW(logs->read(newest, 0, [&](const auto&) { return ++events < 2; }));
  CHECK(events == 2);
}

TEST_CASE("running replicas are matched even long after the last entry", "[pgtid][matching]") {
  for (const auto flavour : system_test::in_turn(system_test::flavours())) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      auto options = system_test::options_of(flavour);
      options.extra_server_options = {"--max-binlog-size=262144"};  // more than one log per server
      MatchedServers servers("a > b > c, a > d", options);
      sandbox::Writer writer(servers["a"], 0us);
      more_writes(writer);
      inject(servers["a"]);
      constexpr std::uint64_t many = 4000;
      const auto goal = writer.committed() + many;
      sandbox::wait_until([&] { return writer.committed() >= goal; }, 60s, "many writes");
      CHECK(has_moved(servers.refactoring().run("match-below", {servers.key("c"), servers.key("d")}, {})));
      CHECK(has_moved(servers.refactoring().run("match-up", {servers.key("c")}, {})));
      more_writes(writer);
      writer.stop();
      CHECK(servers.is_below("c", "a"));
      check_rows(servers.topology(), {"a", "b", "c", "d"});
    }
  }
}

TEST_CASE("rematch repairs a replica that lost its coordinates", "[pgtid][matching]") {
  for (const auto flavour : system_test::flavours()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      MatchedServers servers("a > b", system_test::options_of(flavour));
      auto& a = servers["a"];
      auto& b = servers["b"];
      {
        sandbox::Writer writer(a);
        more_writes(writer);
        inject(a);
        more_writes(writer);
      }
      servers.topology().wait_for_replication(patience);
      const auto before_rows = b.replication_status()->executed;
      constexpr int first = 1'000'000, last = first + 20;
      for (int id = first; id < last; ++id) servers.write("a", id);
      servers.topology().wait_for_replication(patience);
      // As after a crash of a server whose relay-log.info was not written recently.
      b.replicate_from(a, before_rows);
      const auto has_ended = [&] { return b.replication_status()->sql == "No"; };
      sandbox::wait_until(has_ended, patience, "a row to be there already");
      CHECK_THAT(b.replication_status()->error,
                 Catch::Contains(flavour == Flavour::mysql_9_7 ? "Worker 1 failed" : "Duplicate entry"));
      servers.write("a", last);
      CHECK(has_moved(servers.refactoring().run("rematch", {servers.key("b")}, {})));
      CHECK(servers.is_below("b", "a"));
      servers.write("a", last + 1);
      check_rows(servers.topology(), {"a", "b"});
    }
  }
}
