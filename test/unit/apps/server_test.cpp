#include "http/server.h"

#include <arpa/inet.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <list>
#include <optional>
#include <thread>
#include <vector>

#include "http/api.h"
#include "http/connection_deadlines.h"
#include "unit/apps/http_client.h"
#include "unit/apps/known_topology.h"
#include "unit/apps/running_server.h"
#include "unit/config/refusal.h"
#include "unit/config/temporary_folder.h"

using namespace orchestrator;

namespace {

Response echo(const Request& request) {
  return {200, std::make_shared<const std::string>(request.target), "text/plain"};
}

}  // namespace

TEST_CASE("The API works over a socket") {
  const KnownTopology known;
  EventHub events;
  Api api(known.session(), WebFiles({}), events);
  const RunningServer server([&](const Request& request) { return api.handle(request); });
  HttpClient client(server.port());
  for (int i = 0; i < 3; ++i) {
    const auto answer = client.get("/api/clusters");
    CHECK(answer.status == 200);
    CHECK(answer.headers.find("Content-Type: application/json; charset=UTF-8\r\n") != std::string::npos);
    CHECK(answer.body == R"(["db1:3306"])");
  }
  const auto head = client.send("HEAD /api/clusters HTTP/1.1\r\nHost: localhost\r\n\r\n", true);
  CHECK(head.status == 200);
  CHECK(head.headers.find("Content-Length: 12\r\n") != std::string::npos);
  const auto missing = client.get("/api/instance/nobody/3306");
  CHECK(missing.status == 404);
  CHECK(missing.body.starts_with(R"({"Code":"ERROR",)"));
}

TEST_CASE("Responses of any size arrive completely") {
  std::string large(300'000, 'x');
  large += "end";
  const auto body = std::make_shared<const std::string>(large);
  const RunningServer server([&](const Request&) { return Response{200, body, "text/plain"}; });
  HttpClient client(server.port());
  for (int i = 0; i < 3; ++i) CHECK(client.get("/").body == large);
}

TEST_CASE("The request target arrives unchanged") {
  const RunningServer server(echo);
  HttpClient client(server.port());
  CHECK(client.get("/a%2Fb/../c+d?e=%20&f").body == "/a%2Fb/../c+d?e=%20&f");
}

TEST_CASE("Invalid or oversized HTTP is refused, and the server keeps serving") {
  const RunningServer server(echo);
  const std::vector<std::string> requests{
      "\r\n\r\n",
      "nonsense\r\n\r\n",
      "GET /\r\n\r\n",
      "GET / HTTP/9.9\r\n\r\n",
      "BREW / HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.1\r\nno colon\r\n\r\n",
      "GET /" + std::string(70'000, 'x') + " HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.1\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n",
  };
  for (const auto& request : requests) {
    INFO(request.substr(0, 60));
    const auto answer = HttpClient(server.port()).send(request);
    CHECK((answer.status == 0 || (answer.status >= 400 && answer.status < 600)));
    if (answer.status != 0) CHECK(answer.body.starts_with(R"({"Code":"ERROR","Message":")"));
  }
  CHECK(HttpClient(server.port()).get("/x").body == "/x");
}

TEST_CASE("Many open connections are all served") {
  const RunningServer server(echo);
  std::list<HttpClient> clients;
  for (int i = 0; i < 40; ++i) clients.emplace_back(server.port());
  for (int round = 0; round < 3; ++round) {
    for (auto& client : clients) CHECK(client.get("/x").status == 200);
  }
}

TEST_CASE("A port in use is an error") {
  const RunningServer server(echo);
  Server second(echo, KnownTopology::silent_log());
  const auto message = refusal(
      [&] {
        second.bind({"127.0.0.1", server.port(), {}});
      },
      topo::Code::unreachable);
  CHECK(message.find("127.0.0.1:" + std::to_string(server.port())) != std::string::npos);
  CHECK(message.find("in use") != std::string::npos);
}

TEST_CASE("Stopping a server closes its open connections") {
  RunningServer server(echo);
  HttpClient client(server.port());
  CHECK(client.get("/x").status == 200);
  server.stop();
  CHECK(client.get("/x").status == 0);
}

TEST_CASE("A server stopped before serve() does not start") {
  Server server(echo, KnownTopology::silent_log());
  server.bind({"127.0.0.1", 0, {}});
  server.stop();
  CHECK(server.serve());
}

TEST_CASE("A Unix socket is created, replaced if left over, and removed at the end") {
  const TemporaryFolder folder;
  const auto path = (folder.path() / "o.sock").string();
  for (int round = 0; round < 2; ++round) {
    const RunningServer server(echo, {{}, 0, path});
    HttpClient client(path);
    CHECK(client.get("/x").body == "/x");
    Server second(echo, KnownTopology::silent_log());
    CHECK(refusal(
              [&] {
                second.bind({{}, 0, path});
              },
              topo::Code::unreachable)
              .find(path) != std::string::npos);
    CHECK(HttpClient(path).get("/y").body == "/y");
  }
  CHECK_FALSE(std::filesystem::exists(path));
  const int left_over = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(static_cast<char*>(address.sun_path), sizeof(address.sun_path) - 1);
  REQUIRE(bind(left_over, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
  close(left_over);
  const RunningServer server(echo, {{}, 0, path});
  CHECK(HttpClient(path).get("/x").body == "/x");
}

TEST_CASE("A regular file is not replaced by a Unix socket") {
  const TemporaryFolder folder;
  folder.write("precious", "x");
  Server server(echo, KnownTopology::silent_log());
  CHECK_FALSE(refusal(
                  [&] {
                    server.bind({{}, 0, (folder.path() / "precious").string()});
                  },
                  topo::Code::unreachable)
                  .empty());
  CHECK(std::filesystem::is_regular_file(folder.path() / "precious"));
}

TEST_CASE("A stream continues until its source or its reader ends") {
  std::atomic<int> parts{0};
  std::atomic<bool> ended{false};
  struct Guard {
    explicit Guard(std::atomic<bool>& of) : ended(of) {}
    ~Guard() { ended = true; }
    std::atomic<bool>& ended;
  };
  const RunningServer server([&](const Request& request) {
    Response response{200, nullptr, "text/event-stream"};
    auto guard = std::make_shared<Guard>(ended);
    const bool endless = request.target == "/endless";
    response.next_part = [&parts, guard, endless]() -> std::optional<std::string> {
      if (endless) return "";  // nothing to send: the server must notice the end of the reader
      return parts++ < 3 ? std::optional<std::string>("data: x\n\n") : std::nullopt;
    };
    return response;
  });
  {
    HttpClient client(server.port());
    client.say("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    std::string all;
    while (all.find("\r\n0\r\n\r\n") == std::string::npos) {
      const auto more = client.read_some();
      REQUIRE_FALSE(more.empty());
      all += more;
    }
    CHECK(all.find("Transfer-Encoding: chunked\r\n") != std::string::npos);
    CHECK(all.find("data: x\n\n") != std::string::npos);
  }
  ended = false;
  {
    HttpClient client(server.port());
    client.say("GET /endless HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CHECK(client.read_some().find("200 OK") != std::string::npos);
  }
  while (!ended) std::this_thread::yield();  // hangs on failure
}

TEST_CASE("A thousand silent or slow connections do not block other clients", "[threads]") {
  const RunningServer server(echo);
  std::list<HttpClient> idle, slow;
  for (int i = 0; i < 1000; ++i) idle.emplace_back(server.port());
  for (int i = 0; i < 100; ++i) {
    slow.emplace_back(server.port());
    slow.back().say("GET /slow HTTP/1.1\r\nX: ");
  }
  for (int i = 0; i < 100; ++i) CHECK(HttpClient(server.port()).get("/x").body == "/x");
}

namespace {

// A connection from one of this machine's addresses, or -1.
int connect_from(const char* source, std::uint16_t port) {
  const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  inet_pton(AF_INET, source, &address.sin_addr);
  bool is_connected = bind(client, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  is_connected =
      is_connected && connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  if (is_connected) return client;
  close(client);
  return -1;
}

// Raises the limit: both ends of each connection are in this process.
bool allow_files(rlim_t count) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = std::max(limit.rlim_cur, std::min(count, limit.rlim_max));
  setrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur >= count;
}

}  // namespace

TEST_CASE("Three thousand silent connections from one address do not block other clients", "[threads]") {
  constexpr std::size_t attackers = 3000;
  if (!allow_files(3 * attackers)) {
    WARN("skipped: too few open files are allowed");
    return;
  }
  RunningServer server(echo);
  server.server().limit_clients(25, AddressRanges());
  std::vector<int> silent;
  for (std::size_t i = 0; i < attackers; ++i) {
    silent.push_back(connect_from("127.0.0.2", server.port()));
    if (i % 100 == 0) CHECK(HttpClient(server.port()).get("/x").status == 200);
  }
  for (int i = 0; i < 100; ++i) CHECK(HttpClient(server.port()).get("/x").status == 200);
  for (const int client : silent) close(client);
}

TEST_CASE("An address is limited to its share of the connections, a proxy is not", "[threads]") {
  constexpr std::size_t share = 20;  // 1 % of 2048
  RunningServer server(echo);
  const std::vector<std::string> proxy{"127.0.0.3"};
  server.server().limit_clients(1, AddressRanges(proxy));
  const auto count_served = [&](const char* source) {
    std::vector<int> clients;
    std::size_t served = 0;
    for (std::size_t i = 0; i < 2 * share; ++i) {
      clients.push_back(connect_from(source, server.port()));
      constexpr std::string_view request = "GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n";
      send(clients.back(), request.data(), request.size(), MSG_NOSIGNAL);
      char byte = 0;
      if (recv(clients.back(), &byte, 1, 0) == 1) ++served;
    }
    for (const int client : clients) close(client);
    return served;
  };
  CHECK(count_served("127.0.0.2") == share);
  CHECK(count_served("127.0.0.3") == 2 * share);
  // Closed connections do not count once the server has noticed.
  while (count_served("127.0.0.2") < share) {
  }
}

TEST_CASE("Responses are sent with no-store unless they set Cache-Control") {
  const RunningServer server([](const Request& request) {
    auto response = echo(request);
    if (request.target == "/file") response.headers.emplace_back("Cache-Control", "no-cache");
    return response;
  });
  HttpClient client(server.port());
  CHECK(client.get("/x").headers.find("Cache-Control: no-store\r\n") != std::string::npos);
  const auto file = client.get("/file").headers;
  CHECK(file.find("Cache-Control: no-cache\r\n") != std::string::npos);
  CHECK(file.find("no-store") == std::string::npos);
  CHECK(client.send("nonsense\r\n\r\n").headers.find("Cache-Control: no-store\r\n") != std::string::npos);
}

TEST_CASE("A POST with a large body gets a response") {
  const RunningServer server(echo);
  for (int i = 0; i < 20; ++i) {
    HttpClient client(server.port());
    const auto answer = client.send("POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 200000\r\n\r\n" +
                                    std::string(200'000, 'x'));
    CHECK(answer.status == 200);
  }
}

TEST_CASE("HTTP/1.0 gets no chunks, and the connection ends") {
  const RunningServer server([](const Request&) {
    Response response{200, nullptr, "text/event-stream"};
    response.next_part = [left = 2]() mutable -> std::optional<std::string> {
      return left-- > 0 ? std::optional<std::string>("part ") : std::nullopt;
    };
    return response;
  });
  HttpClient client(server.port());
  client.say("GET / HTTP/1.0\r\n\r\n");
  std::string all;
  for (auto more = client.read_some(); !more.empty(); more = client.read_some()) all += more;
  CHECK(all.ends_with("\r\n\r\npart part "));
  CHECK(all.find("chunked") == std::string::npos);
}

TEST_CASE("A connection is closed at its deadline") {
  ConnectionDeadlines deadlines;
  std::array<int, 2> ends{};
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0);
  {
    Deadline in_time(deadlines, ends[0], std::chrono::hours(1));
    in_time.release();
  }
  Deadline deadline(deadlines, ends[0], std::chrono::hours(1));
  deadline.renew(std::chrono::milliseconds(1));
  char byte = 0;
  CHECK(recv(ends[0], &byte, 1, 0) == 0);  // hangs on failure
  close(ends[1]);
  close(ends[0]);
}

TEST_CASE("Unusable HTTPS files are refused at startup") {
  const TemporaryFolder folder;
  folder.write("cert.pem", "no certificate");
  const auto path = (folder.path() / "cert.pem").string();
  const auto message = refusal([&] {
    Server server(echo, KnownTopology::silent_log(), TlsFiles{path, path, {}});
  });
  CHECK(message.find("SSLCertFile") != std::string::npos);
  CHECK(message.find(path) != std::string::npos);
}
