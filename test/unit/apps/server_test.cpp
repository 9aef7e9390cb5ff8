#include "http/server.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <list>
#include <thread>
#include <vector>

#include "unit/apps/http_client.h"
#include "unit/apps/known_topology.h"
#include "unit/config/refusal.h"

using namespace orchestrator;

namespace {

class RunningServer {
 public:
  explicit RunningServer(Server::Handle handle)
      : server_(std::move(handle), KnownTopology::silent_log()),
        port_(server_.bind({"127.0.0.1", 0})),
        thread_([this] { server_.serve(); }) {}
  ~RunningServer() { stop(); }
  void stop() {
    server_.stop();
    if (thread_.joinable()) thread_.join();
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  Server server_;
  std::uint16_t port_;
  std::jthread thread_;
};

Response echo(const Request& request) {
  return {200, std::make_shared<const std::string>(request.target), "text/plain", {}, {}, false};
}

}  // namespace

TEST_CASE("The API over a socket") {
  const KnownTopology known;
  Api api(known.session(), AccessPolicy(known.session().configuration()), WebFiles({}));
  const RunningServer server([&](const Request& request) { return api.handle(request); });
  HttpClient client(server.port());
  for (int i = 0; i < 3; ++i) {
    const auto answer = client.get("/api/clusters");
    CHECK(answer.status == 200);
    CHECK(answer.headers.find("Content-Type: application/json; charset=UTF-8\r\n") != std::string::npos);
    CHECK(answer.body == R"(["db1:3306"])");
  }
  const auto head = client.send("HEAD /api/clusters HTTP/1.1\r\nHost: x\r\n\r\n", true);
  CHECK(head.status == 200);
  CHECK(head.headers.find("Content-Length: 12\r\n") != std::string::npos);
  const auto missing = client.get("/api/instance/nobody/3306");
  CHECK(missing.status == 404);
  CHECK(missing.body.starts_with(R"({"Code":"ERROR",)"));
}

TEST_CASE("Answers of any size arrive whole") {
  std::string large(300'000, 'x');
  large += "end";
  const auto body = std::make_shared<const std::string>(large);
  const RunningServer server(
      [&](const Request&) { return Response{200, body, "text/plain", {}, {}, false}; });
  HttpClient client(server.port());
  for (int i = 0; i < 3; ++i) CHECK(client.get("/").body == large);
}

TEST_CASE("The target arrives as it was sent") {
  const RunningServer server(echo);
  HttpClient client(server.port());
  CHECK(client.get("/a%2Fb/../c+d?e=%20&f").body == "/a%2Fb/../c+d?e=%20&f");
}

TEST_CASE("What is no HTTP, or too much of it, is refused and the server goes on") {
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
    CHECK((answer.status == 0 || (answer.status >= 400 && answer.status < 500)));
    if (answer.status != 0) CHECK(answer.body.starts_with(R"({"Code":"ERROR","Message":")"));
  }
  CHECK(HttpClient(server.port()).get("/x").body == "/x");
}

TEST_CASE("Many connections that stay open are all served") {
  const RunningServer server(echo);
  std::list<HttpClient> clients;
  for (int i = 0; i < 40; ++i) clients.emplace_back(server.port());
  for (int round = 0; round < 3; ++round) {
    for (auto& client : clients) CHECK(client.get("/x").status == 200);
  }
}

TEST_CASE("An address that is taken is an error") {
  const RunningServer server(echo);
  Server second(echo, KnownTopology::silent_log());
  const auto message = refusal([&] { second.bind({"127.0.0.1", server.port()}); }, topo::Code::unreachable);
  CHECK(message.find("127.0.0.1:" + std::to_string(server.port())) != std::string::npos);
  CHECK(message.find("in use") != std::string::npos);
}

TEST_CASE("A server that is stopped while connections are open ends") {
  RunningServer server(echo);
  HttpClient client(server.port());
  CHECK(client.get("/x").status == 200);
  server.stop();
  CHECK(client.get("/x").status == 0);
}

TEST_CASE("A server that is stopped before it serves does not begin") {
  Server server(echo, KnownTopology::silent_log());
  server.bind({"127.0.0.1", 0});
  server.stop();
  CHECK(server.serve());
}
