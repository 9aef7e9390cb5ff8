// A topology of real, replicating servers that runs as long as the object lives.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/flavour.h"
#include "sandbox/guard.h"
#include "sandbox/ports.h"
#include "sandbox/server.h"
#include "sandbox/tree.h"

namespace sandbox {

// The options in which one server differs from the others.
struct ServerOptions {
  std::optional<Flavour> flavour{};
  std::optional<std::string> format{};
  std::optional<bool> report_host{};
  std::vector<std::string> extra_options{};  // appended to those of all servers
};

struct Options {
  Flavour flavour = Flavour::mariadb_10_11;
  std::string format = "ROW";  // of the binary logs: ROW, STATEMENT or MIXED
  bool pseudo_gtid = false;    // entries from the event scheduler of the root servers
  std::chrono::seconds pseudo_gtid_interval{1};
  // Addresses 127.0.1.2, 127.0.1.3 …, all on one port; replicas connect to their masters from their own
  // address. Otherwise 127.0.0.1 with one port per server.
  bool many_addresses = false;
  bool report_host = true;  // replicas report their address and port to their master
  // Replicate by GTID: MariaDB's slave_pos, MySQL's auto_position. Otherwise by position in files.
  bool gtid = false;
  bool replicate = true;                            // false: only start the servers
  std::vector<std::string> extra_server_options{};  // for every server, such as "--read-only=1"
  std::map<std::string, ServerOptions> servers{};   // by name
  std::filesystem::path folder{};  // new or empty; empty path: a temporary folder, in memory if there is room
  std::uint16_t base_port = 0;     // port of the first server, the others count up; 0: free ports
  bool detached = false;           // servers and folder outlive this object and process
  std::chrono::milliseconds timeout = std::chrono::seconds(60);  // for starting, and again for replicating
};

// The destructor kills the servers and removes the folder; so does the end of this process, however it ends.
class Topology {
 public:
  // Starts the servers of the tree (see parse_tree), starts replication, and returns when all replicate.
  // Throws topo::Error: {refused} when a flavour is not installed (see why_not_available) or a server does
  // not start, {invalid_argument} for an invalid tree or options for a server that is not in it. Nothing is
  // left behind then.
  explicit Topology(std::string_view tree, Options options = {});
  ~Topology();
  Topology(const Topology&) = delete;
  Topology& operator=(const Topology&) = delete;

  // Throws topo::Error{not_found}.
  [[nodiscard]] Server& server(std::string_view name) const;
  // In the order of the tree.
  [[nodiscard]] const std::vector<std::unique_ptr<Server>>& servers() const noexcept { return servers_; }
  [[nodiscard]] const std::vector<TreeServer>& tree() const noexcept { return tree_; }
  [[nodiscard]] const std::filesystem::path& folder() const noexcept { return folder_; }

  // Waits until every server has executed what its current master had written when this was called, from the
  // top down. Servers that do not run, are paused, or do not replicate from a server of this topology are
  // left out.
  void wait_for_replication(std::chrono::milliseconds timeout = std::chrono::seconds(30)) const;

 private:
  void start_servers();
  void start_once();
  std::vector<topo::InstanceKey> take_keys();
  [[nodiscard]] std::unique_ptr<Server> make_server(std::size_t number, const topo::InstanceKey& key) const;
  void end_servers() noexcept;
  void replicate();

  Options options_;
  std::vector<TreeServer> tree_;
  std::filesystem::path folder_;
  std::unique_ptr<Guard> guard_;
  std::vector<ReservedPort> ports_;
  std::vector<std::unique_ptr<Server>> servers_;
};

}  // namespace sandbox
