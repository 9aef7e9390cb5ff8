// orchestrator-sandbox: starts and controls real replicating servers from the command line.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
// Statements contain commas, at which cxxopts would split lists of arguments.
#define CXXOPTS_VECTOR_DELIMITER '\0'
#include <cxxopts.hpp>
#include <exception>
#include <functional>
#include <map>

#include "sandbox/data_template.h"
#include "sandbox/installation.h"
#include "sandbox/parallel.h"
#include "sandbox/saved_sandbox.h"
#include "sandbox/topology.h"
#include "topo/base/error.h"

namespace {

namespace fs = std::filesystem;
using sandbox::SavedServer;

constexpr std::string_view usage = R"(
Commands
  flavours          tell which flavours can be started
  install [FLAVOUR] get servers (all flavours, or those named) and prepare their data
  start             start servers that replicate, and leave them running
  status            show the state and the master of each server
  kill NAME         end a server as a crash would
  pause NAME        let it stand still, as a hung server does
  resume NAME       let it go on
  restart NAME      stop it if it runs, and start it
  sql NAME TEXT…    send statements to a server as root, one after the other over one connection, and print rows
  stop [NAME]       let one or all shut down; with --remove also delete the folder
)";

struct Request {
  std::string command;
  std::vector<std::string> names;
  fs::path folder;
  bool remove = false;
  std::string tree;
  sandbox::Options options;
};

[[noreturn]] void refuse(const std::string& message) {
  throw topo::Error(topo::Code::invalid_argument, message);
}

std::string state_of(sandbox::Server& server) {
  if (!server.running()) return "down";
  return server.paused() ? "paused" : "running";
}

void print_server(const SavedServer& saved, const std::string& state) {
  const sandbox::Server& server = *saved.server;
  fmt::print("{:<12} {:<22} {:<14} {}{}\n", server.name(), server.key().display(),
             to_string(server.flavour()), state,
             saved.master ? fmt::format(", replicates from {}", *saved.master) : "");
}

void print_flavours(const Request&) {
  for (const auto flavour : sandbox::all_flavours) {
    const auto installation = sandbox::find_installation(flavour);
    fmt::print("{:<14} {}\n", to_string(flavour), installation ? installation->version : "not installed");
  }
}

// A failure of one flavour must not prevent the installation of the others.
void install(const Request& request) {
  std::vector<sandbox::Flavour> flavours(sandbox::all_flavours.begin(), sandbox::all_flavours.end());
  if (!request.names.empty()) {
    flavours.clear();
    for (const std::string& name : request.names) flavours.push_back(sandbox::flavour_from(name));
  }
  std::vector<std::string> failures(flavours.size());
  sandbox::parallel(flavours.size(), flavours.size(), [&](std::size_t number) {
    try {
      const auto installation = sandbox::install(flavours[number]);
      sandbox::data_template(installation);
      fmt::print("{} {} is ready\n", to_string(flavours[number]), installation.version);
    } catch (const std::exception& error) {
      failures[number] = error.what();
    }
  });
  std::erase(failures, "");
  if (!failures.empty()) throw topo::Error(topo::Code::refused, fmt::format("{}", fmt::join(failures, "\n")));
}

void start(const Request& request) {
  if (request.tree.empty()) refuse("start needs a tree, such as --tree \"a > b > c, a > d\"");
  if (fs::exists(sandbox::state_file(request.folder))) {
    refuse(fmt::format(
        "there is a sandbox in {}; \"orchestrator-sandbox stop --remove\" ends it, or name another "
        "--folder",
        request.folder.string()));
  }
  sandbox::install(request.options.flavour);
  const sandbox::Topology topology(request.tree, request.options);
  sandbox::save(topology);
  for (const SavedServer& saved : sandbox::load(topology.folder()))
    print_server(saved, state_of(*saved.server));
}

void print_status(const Request& request) {
  for (const SavedServer& saved : sandbox::load(request.folder)) print_server(saved, state_of(*saved.server));
}

std::vector<SavedServer>::const_iterator find_named(const std::vector<SavedServer>& servers,
                                                    const std::string& name, const fs::path& folder) {
  const auto found =
      std::ranges::find(servers, name, [](const SavedServer& saved) { return saved.server->name(); });
  if (found != servers.end()) return found;
  throw topo::Error(topo::Code::not_found,
                    fmt::format("the sandbox in {} has no server {}", folder.string(), name));
}

void for_named(const Request& request, const std::function<void(sandbox::Server&)>& deed) {
  if (request.names.empty()) refuse(fmt::format("{} needs the name of a server", request.command));
  const std::vector<SavedServer> servers = sandbox::load(request.folder);
  for (const std::string& name : request.names) {
    const auto found = find_named(servers, name, request.folder);
    deed(*found->server);
    sandbox::save(request.folder, servers);
    print_server(*found, state_of(*found->server));
  }
}

void send_sql(const Request& request) {
  if (request.names.size() < 2) refuse("sql needs the name of a server and a statement");
  const std::vector<SavedServer> servers = sandbox::load(request.folder);
  const auto found = find_named(servers, request.names.front(), request.folder);
  for (std::size_t i = 1; i < request.names.size(); ++i) {
    const auto rows = found->server->query(request.names[i]);
    for (std::size_t row = 0; row < rows.size(); ++row) {
      for (std::size_t column = 0; column < rows.columns().size(); ++column)
        fmt::print("{}{}", column == 0 ? "" : "\t", rows[row].text(column).value_or("NULL"));
      fmt::print("\n");
    }
  }
}

void stop(const Request& request) {
  if (!request.names.empty()) {
    if (request.remove) refuse("only a whole sandbox can be removed; leave the names out");
    for_named(request, [](sandbox::Server& server) { server.stop(); });
    return;
  }
  const std::vector<SavedServer> servers = sandbox::load(request.folder);
  sandbox::parallel(servers.size(), servers.size(), [&](std::size_t number) {
    sandbox::Server& server = *servers[number].server;
    if (!server.running()) return;
    if (request.remove) {
      server.kill9();  // its unwritten data is not needed
    } else {
      server.stop();
    }
  });
  if (request.remove) {
    fs::remove_all(request.folder);
  } else {
    sandbox::save(request.folder, servers);
  }
}

cxxopts::Options command_line() {
  cxxopts::Options line("orchestrator-sandbox", "Starts real MySQL and MariaDB servers that replicate.");
  line.positional_help("COMMAND [NAME…]");
  line.add_options()                                                     //
      ("folder", "where the sandbox is", cxxopts::value<std::string>())  //
      ("remove", "stop: delete the folder too")                          //
      ("tree", "start: the topology: \"a > b > c, a > d\", \"a <> b\"",
       cxxopts::value<std::string>())                                                                   //
      ("flavour", "start: what to run", cxxopts::value<std::string>()->default_value("mariadb-10.11"))  //
      ("format", "start: of binary logs: ROW or STATEMENT",
       cxxopts::value<std::string>()->default_value("ROW"))                              //
      ("pseudo-gtid", "start: inject Pseudo-GTID entries on the masters of all")         //
      ("gtid", "start: replicate by GTID")                                               //
      ("many-addresses", "start: 127.0.1.2, 127.0.1.3 … instead of ports of 127.0.0.1")  //
      ("no-report-host", "start: replicas do not tell their address")                    //
      ("base-port", "start: port of the first server; without it, free ones",
       cxxopts::value<std::uint16_t>()->default_value("0"))  //
      ("option", "start: a further option for every server, such as --option=--read-only=1",
       cxxopts::value<std::vector<std::string>>())  //
      ("help", "this text")                         //
      ("arguments", "", cxxopts::value<std::vector<std::string>>());
  line.parse_positional("arguments");
  return line;
}

Request request_from(const cxxopts::ParseResult& line) {
  Request request;
  if (line.count("arguments") == 0) refuse("a command is missing; --help lists them");
  request.names = line["arguments"].as<std::vector<std::string>>();
  request.command = request.names.front();
  request.names.erase(request.names.begin());
  request.folder = line.count("folder") != 0 ? fs::path(line["folder"].as<std::string>())
                                             : sandbox::cache_folder() / "running";
  request.remove = line["remove"].as<bool>();
  if (line.count("tree") != 0) request.tree = line["tree"].as<std::string>();
  sandbox::Options& options = request.options;
  options.flavour = sandbox::flavour_from(line["flavour"].as<std::string>());
  options.format = line["format"].as<std::string>();
  options.pseudo_gtid = line["pseudo-gtid"].as<bool>();
  options.gtid = line["gtid"].as<bool>();
  options.many_addresses = line["many-addresses"].as<bool>();
  options.report_host = !line["no-report-host"].as<bool>();
  options.base_port = line["base-port"].as<std::uint16_t>();
  if (line.count("option") != 0) options.extra_server_options = line["option"].as<std::vector<std::string>>();
  options.folder = request.folder;
  options.detached = true;
  return request;
}

const std::map<std::string, void (*)(const Request&)> commands{
    {"flavours", print_flavours},
    {"install", install},
    {"start", start},
    {"status", print_status},
    {"kill", [](const Request& request) { for_named(request, [](auto& server) { server.kill9(); }); }},
    {"pause", [](const Request& request) { for_named(request, [](auto& server) { server.pause(); }); }},
    {"resume", [](const Request& request) { for_named(request, [](auto& server) { server.resume(); }); }},
    {"restart", [](const Request& request) { for_named(request, [](auto& server) { server.restart(); }); }},
    {"sql", send_sql},
    {"stop", stop},
};

void run(int argc, const char* const* argv) {
  cxxopts::Options line = command_line();
  const auto parsed = line.parse(argc, argv);
  if (parsed.count("help") != 0) {
    fmt::print("{}{}", line.help(), usage);
    return;
  }
  const Request request = request_from(parsed);
  const auto found = commands.find(request.command);
  if (found == commands.end())
    refuse(fmt::format("there is no command \"{}\"; --help lists them", request.command));
  found->second(request);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    run(argc, argv);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "orchestrator-sandbox: {}\n", error.what());
    return 1;
  }
}
