// The cost of orchestrator on a topology of real servers: `forty_servers [SERVERS] [SECONDS]`.
//
// Starts the servers (MariaDB 10.11), then the built orchestrator-http on SQLite with a poll interval of one
// second, and prints: the time from /api/discover until all servers are known, how often each server is
// polled (as counted by the servers), CPU per poll, resident memory, queries per poll, the time of `-c
// topology`, the API throughput with and without basic authentication, measured by wrk if it is installed,
// and the cost of 200 pages that listen to events.
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "bench/median.h"
#include "sandbox/accounts.h"
#include "sandbox/ports.h"
#include "sandbox/topology.h"
#include "sandbox/wait.h"
#include "system/support/program.h"
#include "topo/base/error.h"
#include "topo/discovery/discovery.h"

namespace {

using system_test::http_get;
using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;

// One master, a tenth of the other servers as intermediate masters, the rest spread below those.
std::string tree_of(int servers) {
  const int middles = std::max(1, (servers - 1) / 10);
  std::string tree;
  for (int i = 0; i < middles; ++i) tree += fmt::format("{}root > mid{}", i == 0 ? "" : ", ", i);
  for (int i = 0; i < servers - 1 - middles; ++i) tree += fmt::format(", mid{} > leaf{}", i % middles, i);
  return tree;
}

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t n = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

double cpu_seconds(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string line;
  std::getline(file, line);
  std::istringstream rest(line.substr(line.rfind(')') + 2));
  std::string skipped;
  for (int i = 0; i < 11; ++i) rest >> skipped;
  double user = 0, system = 0;
  rest >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

std::string memory_line(pid_t pid, std::string_view name) {
  std::ifstream file(fmt::format("/proc/{}/status", pid));
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(name)) return line.substr(line.find_first_of("0123456789"));
  }
  return "?";
}

// The number of polls that the servers have seen: each poll asks for the list of replicas once.
double polls_seen(sandbox::Topology& topology) {
  double polls = 0;
  for (const auto& server : topology.servers()) {
    polls += static_cast<double>(
        server->query("SHOW GLOBAL STATUS LIKE 'Com_show_slave_hosts'")[0].number(1).value_or(0));
  }
  return polls;
}

void wrk(std::uint16_t port, const std::string& path, std::string_view options) {
  fmt::print("  wrk -t2 -c32 {}{}\n", options, path.substr(0, path.find('/', 6)));
  std::fflush(stdout);
  const auto command = fmt::format(
      "wrk -t2 -c32 -d5s {} http://127.0.0.1:{}{} | grep -E 'Requests/sec|Transfer/sec|Latency|Non-2xx'",
      options, port, path);
  if (std::system(command.c_str()) != 0) fmt::print("  wrk is not installed, or failed\n");
}

// Connections that ask for events and read them when data is available.
class Listeners {
 public:
  Listeners(std::uint16_t port, int count) {
    for (int i = 0; i < count; ++i) {
      sockets_.push_back(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_port = htons(port);
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      constexpr std::string_view request = "GET /api/events HTTP/1.1\r\nHost: x\r\n\r\n";
      const bool asked =
          connect(sockets_.back(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 &&
          send(sockets_.back(), request.data(), request.size(), 0) > 0;
      std::array<char, 4096> beginning{};
      if (!asked || recv(sockets_.back(), beginning.data(), beginning.size(), 0) <= 0)
        throw topo::Error(topo::Code::unreachable, "a listener got no stream of events");
    }
  }
  ~Listeners() {
    for (const int one : sockets_) close(one);
  }
  // The number of events that each listener has received since the last call.
  [[nodiscard]] std::size_t events() const {
    std::string text;
    std::array<char, 65536> part{};
    for (ssize_t n = 0; (n = recv(sockets_.front(), part.data(), part.size(), MSG_DONTWAIT)) > 0;)
      text.append(part.data(), static_cast<std::size_t>(n));
    return count(text, "event: ");
  }
  Listeners(const Listeners&) = delete;
  Listeners& operator=(const Listeners&) = delete;

 private:
  std::vector<int> sockets_;
};

// Measures the cost of listening pages while the servers are polled and nothing changes.
void measure_listeners(pid_t server, std::uint16_t port, std::chrono::seconds time) {
  constexpr int pages = 200;
  const auto share_of_core = [&] {
    const auto before = cpu_seconds(server);
    const auto from = Clock::now();
    std::this_thread::sleep_for(time);
    return 100 * (cpu_seconds(server) - before) / std::chrono::duration<double>(Clock::now() - from).count();
  };
  const auto alone = share_of_core();
  const Listeners listeners(port, pages);
  static_cast<void>(listeners.events());
  const auto listened_to = share_of_core();
  fmt::print("  {} pages listen to events: {:.2f} % of a core more ({:.2f} % without); resident {}\n", pages,
             listened_to - alone, alone, memory_line(server, "VmRSS"));
  fmt::print("    each got {} events, of lags that come and go\n", listeners.events());
}

// Runs the same work in this process, to measure what is invisible from outside.
void print_requests(const topo::Configuration& configuration, const topo::InstanceKey& start,
                    std::chrono::seconds time) {
  topo::Context context(configuration);
  topo::Discovery discovery(context);
  const auto began = Clock::now();
  const auto report = discovery.discover(start);
  fmt::print("within a process: {} found in {:.0f} ms, {} failed\n", report.found.size(),
             Milliseconds(Clock::now() - began).count(), report.unread.size());
  discovery.start_continuous(topo::NodeIdentity::make("bench", ""));
  std::this_thread::sleep_for(std::chrono::seconds(2));
  const auto before = discovery.statistics();
  const auto statements = context.store().statements();
  std::this_thread::sleep_for(time);
  const auto after = discovery.statistics();
  const auto polls = static_cast<double>(after.polls - before.polls);
  fmt::print("  requests a poll: {:.3f}; connects a poll: {:.3f}; failed polls: {}\n",
             static_cast<double>(after.requests - before.requests) / polls,
             static_cast<double>(after.connects - before.connects) / polls,
             after.failed_polls - before.failed_polls);
  fmt::print("  mean poll: {:.2f} ms; mean lateness: {:.2f} ms; workers: {}\n",
             Milliseconds(after.poll_times.sum - before.poll_times.sum).count() / polls,
             Milliseconds(after.lateness - before.lateness).count() / polls, after.threads);
  fmt::print("  backend: {:.2f} polls a transaction, {:.2f} statements a poll\n",
             polls / static_cast<double>(after.backend_writes - before.backend_writes),
             static_cast<double>(context.store().statements() - statements) / polls);
}

void run(int servers, std::chrono::seconds time) {
  auto began = Clock::now();
  sandbox::Topology topology(tree_of(servers));
  fmt::print("{} MariaDB servers replicate after {:.1f} s\n", servers,
             Milliseconds(Clock::now() - began).count() / 1000);
  const auto& root = topology.server("root").key();
  const auto folder = topology.folder();

  topo::Configuration configuration;
  configuration.mysql_topology_user = sandbox::orchestrator_account.user;
  configuration.mysql_topology_password = sandbox::orchestrator_account.password;
  configuration.instance_poll = std::chrono::seconds(1);
  configuration.discover_by_show_slave_hosts = true;
  configuration.sqlite3_data_file = folder / "within.sqlite3";

  const sandbox::ReservedPort reserved({"127.0.0.1"}), also_reserved({"127.0.0.1"});
  const auto port = reserved.port(), guarded_port = also_reserved.port();
  const auto write_configuration = [&](const std::filesystem::path& path, std::uint16_t at,
                                       std::string_view more) {
    std::ofstream(path) << fmt::format(
        R"({{"MySQLTopologyUser": "{}", "MySQLTopologyPassword": "{}", "InstancePollSeconds": 1,
             "DiscoverByShowSlaveHosts": true, {} "SQLite3DataFile": "{}", "ListenAddress": "127.0.0.1:{}"}})",
        configuration.mysql_topology_user, configuration.mysql_topology_password, more,
        (folder / "served.sqlite3").string(), at);
    std::filesystem::permissions(path, std::filesystem::perms(0600));
  };
  const auto file = folder / "orchestrator.conf.json";
  write_configuration(file, port, "");
  {
    system_test::Program server({system_test::built("orchestrator-http"), "--config=" + file.string()});
    const auto timeout = std::chrono::seconds(20);
    sandbox::wait_until([&] { return http_get(port, "/api/health").status == 200; }, timeout,
                        "the server's health");
    began = Clock::now();
    static_cast<void>(http_get(port, fmt::format("/api/discover/{}/{}", root.hostname(), root.port())));
    const auto cluster = fmt::format("/api/cluster/{}", root.display());
    sandbox::wait_until(
        [&] {
          return count(http_get(port, cluster).body, "\"Uptime\"") == static_cast<std::size_t>(servers);
        },
        timeout, "all servers to be known");
    fmt::print("orchestrator-http: all {} known {:.0f} ms after /api/discover\n", servers,
               Milliseconds(Clock::now() - began).count());

    std::this_thread::sleep_for(std::chrono::seconds(3));
    const auto polls_before = polls_seen(topology);
    const auto cpu_before = cpu_seconds(server.pid());
    const auto from = Clock::now();
    std::this_thread::sleep_for(time);
    const auto cpu = cpu_seconds(server.pid()) - cpu_before;
    const auto elapsed = std::chrono::duration<double>(Clock::now() - from).count();
    const auto polls = polls_seen(topology) - polls_before;
    fmt::print("  each server polled every {:.2f} s ({:.0f} polls in {:.1f} s)\n", elapsed * servers / polls,
               polls, elapsed);
    fmt::print("  CPU a poll, everything included: {:.3f} ms\n", cpu * 1000 / polls);
    fmt::print("  resident: {} (highest {})\n", memory_line(server.pid(), "VmRSS"),
               memory_line(server.pid(), "VmHWM"));

    measure_listeners(server.pid(), port, time);

    std::vector<double> times;
    for (int i = 0; i < 41; ++i) {
      const auto at = Clock::now();
      static_cast<void>(system_test::run({system_test::built("orchestrator"), "--config=" + file.string(),
                                          "-c", "topology", "-i", root.display()}));
      times.push_back(Milliseconds(Clock::now() - at).count());
    }
    fmt::print("  orchestrator -c topology: median {:.1f} ms of {}\n", bench::median(times), times.size());
    const auto instance = fmt::format("/api/instance/{}/{}", root.hostname(), root.port());
    wrk(port, instance, "");
    wrk(port, cluster, "");
    fmt::print("  resident after that: {}\n", memory_line(server.pid(), "VmRSS"));
    const auto guarded = folder / "guarded.conf.json";
    write_configuration(guarded, guarded_port, R"("AuthenticationMethod": "basic", "HTTPAuthUser": "dba",
                        "HTTPAuthPassword": "time_for_dinner",)");
    system_test::Program other(
        {system_test::built("orchestrator-http"), "--config=" + guarded.string(), "--discovery=false"});
    sandbox::wait_until([&] { return http_get(guarded_port, "/").status == 401; }, timeout,
                        "the server that asks for a password");
    const std::string_view credentials = "-H 'Authorization: Basic ZGJhOnRpbWVfZm9yX2Rpbm5lcg==' ";
    wrk(guarded_port, instance, credentials);
    wrk(guarded_port, cluster, credentials);
  }
  print_requests(configuration, root, time / 2);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    run(argc > 1 ? std::atoi(argv[1]) : 40, std::chrono::seconds(argc > 2 ? std::atoi(argv[2]) : 20));
  } catch (const std::exception& e) {
    fmt::print(stderr, "{}\n", e.what());
    return 1;
  }
  return 0;
}
