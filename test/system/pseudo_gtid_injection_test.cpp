// The scripts of conf/pseudo-gtid, which inject Pseudo-GTID entries.
#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include "sandbox/wait.h"
#include "system/support/library_fixture.h"
#include "system/support/sql_script.h"
#include "topo/config/configuration.h"

namespace pseudo_gtid_injection_test {

namespace {

using namespace std::chrono_literals;
using sandbox::patience;
using sandbox::Server;
using sandbox::wait_until;
using system_test::Comments;
using system_test::statements_of;
using Texts = std::vector<std::string>;

// A method of injection.
struct Method {
  const char* name;   // of its files
  const char* event;  // the event that it creates
  const char* entry;  // an entry from its first word on; RE2, %s is the unique part
  // The pattern in existing configurations that use this method.
  const char* pattern;
  const char* detection;
};

constexpr auto hint_pattern = "drop view if exists .*?`_pseudo_gtid_hint__";

constexpr std::array methods{
    Method{"create-or-replace-view", "create_pseudo_gtid_view_event",
           "CREATE OR REPLACE ALGORITHM=UNDEFINED DEFINER=`root`@`[^`]*` SQL SECURITY DEFINER VIEW "
           "`pseudo_gtid_view` AS select '%s' as pseudo_gtid_unique_val from dual",
           "CREATE OR REPLACE .*? VIEW `pseudo_gtid_view` AS select", ""},
    Method{"drop-view", "create_pseudo_gtid_event", "drop view if exists `meta`.`_pseudo_gtid_hint__%s`",
           hint_pattern, ""},
    Method{"drop-view-and-status-row", "create_pseudo_gtid_event",
           "drop view if exists `meta`.`_pseudo_gtid_hint__%s`", hint_pattern,
           "select count(*) as pseudo_gtid_exists from meta.pseudo_gtid_status where anchor = 1 and "
           "time_generated > now() - interval 2 day"},
};

std::string text_of(const std::string& file) {
  std::ifstream stream(file);
  if (!stream) throw std::runtime_error("cannot read " + file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// The script that is shipped, and the settings in its head comment.
struct SetupScript {
  explicit SetupScript(const Method& method)
      : script(text_of(fmt::format("{}/pseudo-gtid/{}.sql", CONF_FOLDER, method.name))) {
    std::istringstream lines(script);
    std::string head;
    for (std::string line; std::getline(lines, line) && line.starts_with("--");)
      head += line.substr(2) + '\n';
    const auto begin = head.find('{'), end = head.find("\n   }\n");
    REQUIRE(end != std::string::npos);
    json = head.substr(begin, end + 6 - begin);
    const std::string removing = "To remove it, run on the master:\n";
    const auto found = head.find(removing);
    REQUIRE(found != std::string::npos);
    removal = statements_of(std::string_view(head).substr(found + removing.size()), Comments::leave_out);
  }
  std::string script;
  std::string json;  // the settings
  Texts removal;
};

topo::Configuration configured(const std::string& json) {
  const auto loaded = topo::parse_configuration(json, "the head comment");
  CHECK(loaded.warnings.empty());
  return loaded.configuration;
}

// A log of a server, from its end at construction. It must not be rotated.
class Log {
 public:
  Log(Server& server, std::string statement) : server_(server), statement_(std::move(statement)) {
    seen_ = server_.query(statement_).size();
  }
  static Log binary(Server& server) { return {server, "show binlog events"}; }
  static Log relay(Server& replica) {
    const auto status = replica.query(sandbox::replica_statement(replica.flavour(), "show") + " status");
    return {replica, fmt::format("show relaylog events in '{}'", status[0].string_or("Relay_Log_File"))};
  }

  // The matching events as logged, without the transaction number, which differs between servers.
  [[nodiscard]] Texts matching(const re2::RE2& pattern) {
    static const re2::RE2 number(R"( /\* xid=\d+ \*/$)");
    const auto events = server_.query(statement_);
    Texts found;
    for (auto row = seen_; row < events.size(); ++row) {
      auto info = events[row].string_or("Info");
      if (!re2::RE2::PartialMatch(info, pattern)) continue;
      re2::RE2::Replace(&info, number, "");
      found.push_back(std::move(info));
    }
    return found;
  }

 private:
  Server& server_;
  std::string statement_;
  std::size_t seen_ = 0;
};

// a and its replica b, which is read_only.
class InjectionFixture {
 public:
  InjectionFixture(sandbox::Flavour flavour, const char* format)
      : servers_("a > b", options(flavour, format)) {
    // b could run events if it were writable.
    b_.execute("set global event_scheduler = 1");
    b_.execute("set global read_only = 1");
    if (flavour == sandbox::Flavour::mysql_9_7) b_.execute("set global super_read_only = 1");
  }

  // Sends the script like a client whose session has this sql_mode, as in some installations.
  void feed(const std::string& script, Comments comments, const std::string& sql_mode) {
    auto client = a_.connect();
    client.query(fmt::format("set session sql_mode = '{}'", sql_mode));
    for (const auto& statement : statements_of(script, comments)) {
      INFO(statement);
      REQUIRE_NOTHROW(client.query(statement));
    }
    CHECK(client.query("select @@session.sql_mode")[0].string_or("@@session.sql_mode") == sql_mode);
  }

  // Sends the script twice, and checks the entries in all logs.
  void inject(const Method& method, const std::string& script, const topo::Configuration& configuration,
              const std::string& first_sql_mode) {
    const re2::RE2 pattern(configuration.pseudo_gtid_pattern, re2::RE2::Quiet);
    REQUIRE(pattern.ok());
    auto written = Log::binary(a_), applied = Log::binary(b_), fetched = Log::relay(b_);
    const auto await_entries = [&](std::size_t count) {
      wait_until([&] { return written.matching(pattern).size() >= count; }, patience,
                 fmt::format("entry {} of {}", count, method.name));
    };
    feed(script, Comments::send_along, first_sql_mode);
    await_entries(1);
    feed(script, Comments::leave_out, "");
    await_entries(2);
    a_.execute(fmt::format("alter event meta.{} disable", method.event));
    wait_until([&] { return running_events() == 0; }, patience, "the last run to end");

    const auto entries = written.matching(pattern);
    CHECK(std::set<std::string>(entries.begin(), entries.end()).size() == entries.size());
    auto form = std::string("use `meta`; (?:set sql_auto_is_null=1; )?") + method.entry;
    re2::RE2::Replace(&form, "%s", R"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})");
    for (const auto& entry : entries) {
      CAPTURE(entry);
      CHECK(re2::RE2::FullMatch(entry, form));
    }
    servers_.wait_for_replication();
    CHECK(applied.matching(pattern) == entries);
    CHECK(fetched.matching(pattern) == entries);
    if (const auto& query = configuration.detect_pseudo_gtid_query; !query.empty()) {
      for (auto* const server : {&a_, &b_}) {
        CAPTURE(server->name());
        CHECK(server->query(query)[0].string_or("pseudo_gtid_exists") == "1");
        check_row(*server, entries.back());
      }
    }
    CHECK(b_.replicates());
  }

  // Entries continue, but a master that becomes read_only writes none, even if the event's definer might.
  void goes_on_unless_read_only(const Method& method, const topo::Configuration& configuration) {
    const re2::RE2 pattern(configuration.pseudo_gtid_pattern);
    a_.execute("set global read_only = 1");
    a_.execute(fmt::format("alter event meta.{} on schedule every 1 second enable", method.event));
    auto written = Log::binary(a_);
    const auto last_run = [&] {
      return a_
          .query(fmt::format("select last_executed as at from information_schema.events "
                             "where event_name = '{}'",
                             method.event))[0]
          .string_or("at");
    };
    for (int run = 0; run < 2; ++run) {
      wait_until([&, before = last_run()] { return last_run() != before; }, patience, "the event to run");
    }
    CHECK(written.matching(pattern) == Texts{});
    a_.execute("set global read_only = 0");
    wait_until([&] { return written.matching(pattern).size() >= 2; }, patience, "entries again");
  }

  void remove(const Texts& statements) {
    for (const auto& statement : statements) a_.execute(statement);
    wait_until([&] { return running_events() == 0; }, patience, "the last run to end");
    servers_.wait_for_replication();
    for (auto* const server : {&a_, &b_}) {
      CAPTURE(server->name());
      CHECK(server->query("select * from information_schema.events where event_schema = 'meta'").empty());
      CHECK(server->query("select * from information_schema.tables where table_schema = 'meta'").empty());
    }
  }

 private:
  static sandbox::Options options(sandbox::Flavour flavour, const char* format) {
    auto options = system_test::options_of(flavour);
    options.format = format;
    return options;
  }
  // The row describes the latest entry, and a, on whichever server it is read.
  void check_row(Server& server, const std::string& entry) {
    const auto rows = server.query("select * from meta.pseudo_gtid_status");
    REQUIRE(rows.size() == 1);
    const auto asked = a_.query("select @@hostname as host, @@server_id as id");
    const auto origin = asked[0];
    const auto value = [&](const char* column) { return rows[0].string_or(column); };
    CHECK(value("originating_mysql_host") == origin.string_or("host"));
    CHECK(value("originating_mysql_port") == std::to_string(a_.port()));
    CHECK(value("originating_server_id") == origin.string_or("id"));
    CHECK_THAT(entry, Catch::EndsWith("`_pseudo_gtid_hint__" + value("pseudo_gtid_hint") + "`"));
    auto time = value("time_generated");
    std::replace(time.begin(), time.end(), ' ', '/');
    CHECK_THAT(
        value("pseudo_gtid_uri"),
        Catch::Matches(fmt::format("pseudo-gtid://{}:{}/{}/{}(\\.0+)?/[0-9]+", origin.string_or("host"),
                                   a_.port(), origin.string_or("id"), time)));
  }

  // The scheduler itself has the command "Daemon"; a running event has "Connect", with a database.
  [[nodiscard]] std::size_t running_events() {
    return a_.query("select 1 from information_schema.processlist where db = 'meta'").size();
  }

  sandbox::Topology servers_;
  Server& a_ = servers_.server("a");
  Server& b_ = servers_.server("b");
};

}  // namespace

TEST_CASE("a script is split into the statements that the mysql client would send", "[pgtid]") {
  const std::string script =
      "-- a; comment, isn't it\n"
      "select 'a;b', \"c\\\";\", `d;'`; # and; one more\n"
      "/* and\n; one */ select 1 --\n+ 2--3;;\n"
      "Delimiter $$\n"
      "create event e do begin /*!50600 set @a = 1; */ do 'it''s $$'; end\n"
      "$$\n"
      "-- above a delimiter\n"
      "delimiter ;\n"
      "select 'delimiter\ndelimiter $$'; select 3";
  CHECK(statements_of(script, Comments::leave_out) ==
        Texts{"select 'a;b', \"c\\\";\", `d;'`", "select 1 \n+ 2--3",
              "create event e do begin /*!50600 set @a = 1; */ do 'it''s $$'; end",
              "select 'delimiter\ndelimiter $$'", "select 3"});
  CHECK(statements_of(script, Comments::send_along) ==
        Texts{"-- a; comment, isn't it\nselect 'a;b', \"c\\\";\", `d;'`",
              "# and; one more\n/* and\n; one */ select 1 --\n+ 2--3",
              "create event e do begin /*!50600 set @a = 1; */ do 'it''s $$'; end",
              "-- above a delimiter\n\nselect 'delimiter\ndelimiter $$'", "select 3"});
  CHECK(statements_of("-- nothing", Comments::send_along).empty());
}

TEST_CASE("the settings in the scripts find entries that existing scripts inject", "[pgtid]") {
  for (const auto& method : methods) {
    CAPTURE(method.name);
    const auto shipped = configured(SetupScript(method).json);
    CHECK(shipped.pseudo_gtid_pattern == method.pattern);
    CHECK(shipped.detect_pseudo_gtid_query == method.detection);
  }
}

TEST_CASE("Pseudo-GTID entries reach all logs, and nothing else matches the pattern", "[pgtid]") {
  for (const auto flavour : system_test::in_turn(system_test::flavours_with_newest())) {
    for (const auto* const format : {"ROW", "STATEMENT"}) {
      DYNAMIC_SECTION(sandbox::to_string(flavour) << " " << format) {
        InjectionFixture stage(flavour, format);
        for (const auto& method : methods) {
          INFO(method.name);
          const SetupScript shipped(method);
          const auto configuration = configured(shipped.json);
          stage.inject(method, shipped.script, configuration, "ANSI_QUOTES,NO_BACKSLASH_ESCAPES");
          // Takes seconds, and does not depend on the format.
          if (format == std::string_view("ROW")) stage.goes_on_unless_read_only(method, configuration);
          stage.remove(shipped.removal);
        }
      }
    }
  }
}

}  // namespace pseudo_gtid_injection_test
