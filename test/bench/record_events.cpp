// Records the output of SHOW BINLOG EVENTS and SHOW RELAYLOG EVENTS on real servers: `record_events FOLDER
// [NAME]`.
//
// For each case (or those whose names contain NAME) it runs one fixed workload on the master of a sandbox and
// writes FOLDER/<case>.<server>.<binlog|relay>.txt: lines that begin with '#' describe the server, then come
// a header and the rows of all logs in order, as `mysql --batch` prints them.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <thread>

#include "bench/event_workload.h"
#include "sandbox/installation.h"
#include "sandbox/topology.h"
#include "sandbox/wait.h"

namespace {

using bench::Act;
using sandbox::Flavour;
using sandbox::Server;
using sandbox::ServerOptions;
using Servers = std::map<std::string, ServerOptions>;

struct Case {
  std::string name;
  std::string tree;
  sandbox::Options options;
};

std::vector<std::string> common_options() {
  return {"--relay-log-purge=0", "--secure-file-priv=", "--log-bin-trust-function-creators=1"};
}

ServerOptions with(std::vector<std::string> extra) {
  return {.extra_options = std::move(extra)};
}

ServerOptions of(Flavour flavour) {
  return {.flavour = flavour};
}

ServerOptions in_format(std::string format) {
  return {.format = std::move(format)};
}

std::string parallel(Flavour flavour) {
  switch (flavour) {
    case Flavour::mysql_5_6: return "--slave-parallel-workers=2";
    case Flavour::mysql_9_7: return "--replica-parallel-workers=4";
    default: return "--slave-parallel-threads=4";
  }
}

std::string compressed(Flavour flavour) {
  return flavour == Flavour::mysql_9_7 ? "--binlog-transaction-compression=ON" : "--log-bin-compress=ON";
}

std::string other_texts_of_rows(Flavour flavour) {
  return sandbox::is_mariadb(flavour) ? "--binlog-annotate-row-events=OFF"
                                      : "--binlog-rows-query-log-events=ON";
}

class Cases {
 public:
  Cases() {
    for (const auto flavour : sandbox::all_flavours) add_of(flavour);
    add_mixed("ROW", "row");
    add_mixed("STATEMENT", "statement");
  }
  [[nodiscard]] const std::vector<Case>& all() const noexcept { return cases_; }

 private:
  sandbox::Options& add(Flavour flavour, const std::string& kind, std::string tree, std::string format,
                        Servers servers = {}) {
    sandbox::Options options{.flavour = flavour, .format = std::move(format)};
    options.extra_server_options = common_options();
    options.servers = std::move(servers);
    options.timeout = std::chrono::seconds(25);
    cases_.push_back({fmt::format("{}-{}", sandbox::to_string(flavour), kind), std::move(tree), options});
    return cases_.back().options;
  }

  void add_of(Flavour flavour) {
    const std::string four = "a > b, a > c, b > d";
    const std::string parallel_option = parallel(flavour);
    add(flavour, "row", four, "ROW", {{"c", with({parallel_option})}});
    add(flavour, "statement", four, "STATEMENT", {{"c", with({parallel_option})}});
    if (flavour == Flavour::mysql_9_7 || flavour == Flavour::mariadb_10_11) {
      add(flavour, "row-gtid", four, "ROW", {{"c", with({parallel_option})}}).gtid = true;
    }
    add(flavour, "statement-to-row", "a > b > c", "STATEMENT",
        {{"b", in_format("ROW")}, {"c", in_format("ROW")}});
    add(flavour, "row-checksum", "a > b > c", "ROW",
        {{"a", with({"--binlog-checksum=CRC32"})},
         {"b", with({"--binlog-checksum=NONE"})},
         {"c", with({"--binlog-checksum=CRC32"})}});
    Servers settings{{"b", with({"--binlog-row-event-max-size=1024"})},
                     {"c", with({other_texts_of_rows(flavour)})}};
    if (flavour != Flavour::mysql_5_6) settings["d"] = with({compressed(flavour)});
    add(flavour, "row-settings", flavour == Flavour::mysql_5_6 ? "a > b, a > c" : "a > b, a > c, a > d",
        "ROW", settings);
    add(flavour, "row-master-texts", "a > b, a > c", "ROW",
        {{"a", with({other_texts_of_rows(flavour)})}, {"c", with({other_texts_of_rows(flavour)})}});
    if (flavour == Flavour::mysql_5_6) return;
    for (const auto* format : {"ROW", "STATEMENT"}) {
      add(flavour, fmt::format("{}-master-compresses", format == std::string("ROW") ? "row" : "statement"),
          "a > b", format, {{"a", with({compressed(flavour)})}});
    }
  }

  void add_mixed(const std::string& format, const std::string& word) {
    const auto mixed = [&](Flavour flavour, const std::string& kind, const std::string& tree,
                           const Servers& servers) {
      add(flavour, word + kind, tree, format, servers).replicate = false;
    };
    mixed(Flavour::mysql_5_6, "-to-mariadb", "a > b, a > c",
          {{"b", of(Flavour::mariadb_10_11)}, {"c", of(Flavour::mariadb_11_8)}});
    // MySQL 9.7 cannot replicate from 5.6: its client no longer supports mysql_native_password.
    mixed(Flavour::mariadb_10_11, "-to-mariadb-11.8", "a > b > c",
          {{"b", of(Flavour::mariadb_11_8)}, {"c", of(Flavour::mariadb_11_8)}});
  }

  std::vector<Case> cases_;
};

// Runs the workload; returns the statements that the master refused, with the reasons.
class Workload {
 public:
  explicit Workload(const sandbox::Topology& servers)
      : servers_(servers), master_(servers.server("a")), session_(master_.connect()) {}

  std::vector<std::string> run() {
    std::ofstream(master_.data_folder() / bench::loaded_file) << bench::loaded_rows;
    for (const auto& step : bench::event_workload()) take(step);
    return std::move(failures_);
  }

 private:
  void take(const bench::Step& step) {
    switch (step.act) {
      case Act::run: attempt(session_, step.sql, false); break;
      case Act::fail: attempt(session_, step.sql, true); break;
      case Act::run_other:
        if (!other_) other_ = master_.connect();
        attempt(*other_, step.sql, false);
        break;
      case Act::close_other:
        other_.reset();
        // The server notices the disconnect a little later; its events must not come between other
        // statements.
        std::this_thread::sleep_for(std::chrono::milliseconds(300));
        break;
      case Act::entry:
        ++entries_;
        session_.query("use meta");
        session_.query(fmt::format(
            "drop view if exists `meta`.`_pseudo_gtid_hint__5ca1ab1e-0000-11f1-8000-{:012}`", entries_));
        if (entries_ > 1) session_.query("use shop");
        break;
      case Act::flush_a: session_.query("flush logs"); break;
      case Act::flush_b:
        servers_.wait_for_replication();
        servers_.server("b").execute("flush logs");
        break;
    }
  }

  void attempt(topo::mysql::Connection& session, const std::string& sql, bool may_fail) {
    try {
      session.query(sql);
    } catch (const topo::mysql::SqlError& error) {
      if (may_fail && !error.connection_lost()) return;
      failures_.push_back(fmt::format("{} ({}): {}", error.number(), error.reason(), sql.substr(0, 100)));
      if (error.connection_lost()) throw;
    }
  }

  const sandbox::Topology& servers_;
  Server& master_;
  topo::mysql::Connection session_;
  std::optional<topo::mysql::Connection> other_;
  std::vector<std::string> failures_;
  int entries_ = 0;
};

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '\t': result += "\\t"; break;
      case '\n': result += "\\n"; break;
      case '\\': result += "\\\\"; break;
      case '\0': result += "\\0"; break;
      default: result += c;
    }
  }
  return result;
}

class Recorder {
 public:
  Recorder(const std::filesystem::path& folder, const Case& example, const sandbox::Topology& servers,
           const std::vector<std::string>& failures)
      : folder_(folder), case_(example), servers_(servers), failures_(failures) {}

  void record() {
    // All servers stop before any is read, so that the coordinates of a replica match what is read from its
    // master.
    for (const auto& server : servers_.servers()) {
      if (master_of(*server)) server->stop_replication();
    }
    for (const auto& server : servers_.servers()) {
      std::vector<std::string> binlogs;
      const auto logs = server->query("show binary logs");
      for (std::size_t i = 0; i < logs.size(); ++i) binlogs.emplace_back(logs[i].text(0).value_or(""));
      write(*server, "binlog", binlogs);
      if (master_of(*server)) write(*server, "relay", relay_logs(*server));
    }
  }

 private:
  [[nodiscard]] std::optional<std::string> master_of(const Server& server) const {
    for (const auto& entry : servers_.tree()) {
      if (entry.name == server.name()) return entry.master;
    }
    return std::nullopt;
  }

  static std::vector<std::string> relay_logs(const Server& server) {
    std::vector<std::string> names;
    std::ifstream index(server.data_folder() / "relay.index");
    for (std::string line; std::getline(index, line);) {
      names.push_back(std::filesystem::path(line).filename().string());
    }
    return names;
  }

  void write(Server& server, const std::string& kind, const std::vector<std::string>& logs) {
    std::ofstream file(folder_ / fmt::format("{}.{}.{}.txt", case_.name, server.name(), kind));
    head(file, server, kind);
    bool first = true;
    for (const auto& log : logs) {
      const auto rows =
          server.query(fmt::format("show {} events in '{}'", kind == "relay" ? "relaylog" : "binlog", log));
      if (first) file << fmt::format("{}\n", fmt::join(rows.columns(), "\t"));
      first = false;
      for (std::size_t i = 0; i < rows.size(); ++i) {
        for (std::size_t column = 0; column < rows.columns().size(); ++column) {
          file << (column == 0 ? "" : "\t") << without_folder(escaped(rows[i].text(column).value_or("NULL")));
        }
        file << "\n";
      }
    }
  }

  // Replicas name their temporary folder in a statement that loads a file.
  [[nodiscard]] std::string without_folder(std::string text) const {
    const std::string folder = servers_.folder().string();
    for (auto at = text.find(folder); at != std::string::npos; at = text.find(folder)) {
      text.replace(at, folder.size(), "/sandbox");
    }
    return text;
  }

  void head(std::ostream& out, Server& server, const std::string& kind) {
    const auto version = server.query("select version() as v, @@server_id as id");
    const auto position = server.binlog_position();
    out << fmt::format("# {} of {}, server id {}, {}, version {}\n", kind, server.name(),
                       version[0].string_or("id"), sandbox::to_string(server.flavour()),
                       version[0].string_or("v"));
    const auto master = master_of(server);
    out << fmt::format("# replicates from {}\n", master ? *master : "nobody");
    const auto& options = case_.options.servers;
    if (const auto own = options.find(server.name()); own != options.end()) {
      if (own->second.format) out << fmt::format("# format {}\n", *own->second.format);
      for (const auto& option : own->second.extra_options) out << fmt::format("# {}\n", option);
    }
    if (!master) {
      for (const auto& failure : failures_) out << "# not done: " << escaped(failure) << "\n";
    } else {
      status(out, server);
    }
    out << fmt::format("# own binary log ends: {}:{}\n", position.file, position.position);
  }

  static void status(std::ostream& out, Server& server) {
    const bool new_words = sandbox::says_replica(server.flavour());
    const auto rows = server.query(new_words ? "show replica status" : "show slave status");
    const std::string word = new_words ? "Source" : "Master";
    const auto row = rows[0];
    out << fmt::format("# relay position: {}:{}\n", row.string_or("Relay_Log_File"),
                       row.number_or("Relay_Log_Pos"));
    out << fmt::format("# executed position: {}:{}\n", row.string_or("Relay_" + word + "_Log_File"),
                       row.number_or("Exec_" + word + "_Log_Pos"));
    for (const auto* which : {"Last_IO_Error", "Last_SQL_Error"}) {
      const std::string error = row.string_or(which);
      if (!error.empty()) out << "# " << which << ": " << escaped(error) << "\n";
    }
  }

  const std::filesystem::path& folder_;
  const Case& case_;
  const sandbox::Topology& servers_;
  const std::vector<std::string>& failures_;
};

// Replicas of newer versions require TLS, which the older masters do not offer.
void replicate_without_tls(const sandbox::Topology& servers) {
  for (const auto& entry : servers.tree()) {
    if (!entry.master) continue;
    auto& replica = servers.server(entry.name);
    const auto& master = servers.server(*entry.master);
    replica.execute(
        fmt::format("{}, {}_ssl = 0",
                    sandbox::change_master_statement(replica.flavour(), master.key(), std::nullopt, false),
                    sandbox::says_replica(replica.flavour()) ? "source" : "master"));
    replica.start_replication();
  }
  for (const auto& entry : servers.tree()) {
    auto& replica = servers.server(entry.name);
    if (!entry.master) continue;
    try {
      sandbox::wait_until([&replica] { return replica.replicates(); }, std::chrono::seconds(10),
                          fmt::format("{} to replicate", entry.name));
    } catch (const topo::Error& error) {
      throw topo::Error(error.code(),
                        fmt::format("{}: {}", error.what(), replica.replication_status()->error));
    }
  }
}

void record(const std::filesystem::path& folder, const Case& example) {
  std::cout << example.name << std::endl;
  const sandbox::Topology servers(example.tree, example.options);
  if (!example.options.replicate) replicate_without_tls(servers);
  const auto failures = Workload(servers).run();
  for (const auto& failure : failures) std::cout << "  not done: " << failure << "\n";
  servers.wait_for_replication();
  for (const auto& server : servers.servers()) {
    const auto status = server->replication_status();
    if (status && !status->running()) std::cout << "  " << server->name() << ": " << status->error << "\n";
  }
  Recorder(folder, example, servers, failures).record();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "record_events FOLDER [NAME]\n";
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  const std::string wanted = argc > 2 ? argv[2] : "";
  std::filesystem::create_directories(folder);
  int failed = 0;
  const Cases cases;
  for (const auto& example : cases.all()) {
    if (example.name.find(wanted) == std::string::npos) continue;
    try {
      record(folder, example);
    } catch (const topo::Error& error) {
      std::cout << "  " << error.what() << std::endl;
      ++failed;
    }
  }
  return failed == 0 ? 0 : 1;
}
