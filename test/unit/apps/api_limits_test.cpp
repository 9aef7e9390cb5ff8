#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "unit/apps/api_test.h"

namespace api_test {

namespace {

// A port of 127.0.0.1 that neither accepts nor refuses connections: its queue is full.
class DeafPort {
 public:
  DeafPort() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    REQUIRE((bind(listener_, generic, size) == 0 && listen(listener_, 0) == 0 &&
             getsockname(listener_, generic, &size) == 0));
    port_ = ntohs(address.sin_port);
    REQUIRE(connect(first_, generic, size) == 0);
  }
  ~DeafPort() {
    close(first_);
    refuse();
  }
  DeafPort(const DeafPort&) = delete;
  DeafPort& operator=(const DeafPort&) = delete;
  // Closes the port, so that connections are refused.
  void refuse() { close(std::exchange(listener_, -1)); }
  [[nodiscard]] std::string port() const { return std::to_string(port_); }

 private:
  int listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int first_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::uint16_t port_ = 0;
};

}  // namespace

TEST_CASE("Requests that wait for servers are limited in number, and others are answered meanwhile",
          "[threads]") {
  const KnownTopology known;
  EventHub events;
  Api api(known.session(), WebFiles({}), events);
  DeafPort port;
  const auto limit = find_operation("resolve")->max_at_once;
  REQUIRE(limit > 0);
  std::atomic<std::size_t> refused{0}, others{0};
  {
    std::vector<std::jthread> clients;
    for (std::size_t i = 0; i < limit + 5; ++i) {
      clients.emplace_back([&] {
        // Refused requests are retried, so that finally all of them run.
        for (;;) {
          const auto answer = ask(api, "/api/resolve/127.0.0.1/" + port.port());
          if (answer.status != 503) break;
          if (answer.header("Retry-After").empty() || answer.body.find("try again") == std::string::npos)
            ++others;
          ++refused;
        }
      });
    }
    while (refused < 5) std::this_thread::yield();
    CHECK(ask(api, "/api/clusters").status == 200);
    port.refuse();
  }
  CHECK(others == 0);
  CHECK(ask(api, "/api/resolve/127.0.0.1/" + port.port()).status == 502);
}

TEST_CASE("Asynchronous discoveries are limited in number", "[threads]") {
  // The long timeout keeps all discoveries running while the limit is reached, however slow the machine.
  const KnownTopology known({}, std::chrono::hours(1));
  EventHub events;
  Api api(known.session(), WebFiles({}), events);
  DeafPort port;
  const auto target = "/api/discover/127.0.0.1/" + port.port();
  Answer answer{200, {}};
  for (int i = 0; i < 1000 && answer.status == 200; ++i) answer = ask(api, target);
  CHECK(answer.status == 503);
  CHECK(answer.body.find("try again") != std::string::npos);
  CHECK(ask(api, "/api/clusters").status == 200);
  // The end of one discovery makes room.
  port.refuse();
  while (ask(api, target).status == 409) std::this_thread::yield();
}

TEST_CASE("Until the backend is open, requests fail with 503") {
  Session session({}, KnownTopology::silent_log(), Session::Opening::explicitly);
  EventHub events;
  Api api(session, WebFiles({}), events);
  for (const auto* target : {"/api/clusters", "/api/instance/db1/3306", "/api/discover/db1/3306"}) {
    CHECK(ask(api, target).status == 503);
  }
  CHECK(ask(api, "/api/health").status == 503);
  CHECK(ask(api, "/api/health").body.find(R"("Healthy":false)") != std::string::npos);
  CHECK(ask(api, "/api/health").body.find("unhealthy: The backend is not open yet") != std::string::npos);
  CHECK(ask(api, "/api/lb-check").status == 200);
  CHECK(ask(api, "/").status == 200);
}

}  // namespace api_test
