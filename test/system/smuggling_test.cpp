// Malformed requests, sent to the real server directly and through real proxies whose users may only read.
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>
#include <iostream>
#include <list>

#include "requests/malformed_requests.h"
#include "sandbox/temporary.h"
#include "sandbox/wait.h"
#include "system/support/proxy.h"

namespace {

using namespace std::chrono_literals;
using sandbox::patience;
using system_test::built;
using system_test::http_get;
using system_test::Proxy;
using system_test::ProxyKind;

// A request that locks `victim` if executed.
std::string planted(const std::string& victim) {
  return "GET /api/begin-maintenance/" + victim +
         "/3306/gromit/smuggled HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-User: gromit\r\n\r\n";
}

// The server; only gromit may change anything.
class Target {
 public:
  Target() {
    std::ofstream(folder_.path() / "orchestrator.conf.json")
        << R"({"AuthenticationMethod": "proxy", "PowerAuthUsers": ["gromit"], "HostnameResolveMethod": "none",
              "BackendDB": "sqlite3", "SQLite3DataFile": "known.sqlite3", "ListenAddress": "127.0.0.1:)"
        << port() << "\"}";
    std::filesystem::permissions(folder_.path() / "orchestrator.conf.json", std::filesystem::perms(0600));
    server_ = std::make_unique<system_test::Program>(
        std::vector{built("orchestrator-http"), std::string("--discovery=false")}, folder_.path());
    sandbox::wait_until([this] { return http_get(port(), "/api/health").status == 200; }, patience,
                        "the server");
  }
  [[nodiscard]] std::uint16_t port() const { return port_.port(); }
  [[nodiscard]] std::filesystem::path folder() const { return folder_.path(); }
  [[nodiscard]] bool is_locked(const std::string& victim) const {
    return http_get(port(), "/api/maintenance").body.find('"' + victim + '"') != std::string::npos;
  }

 private:
  sandbox::TemporaryFolder folder_;
  sandbox::ReservedPort port_{{"127.0.0.1"}};
  std::unique_ptr<system_test::Program> server_;
};

// A connection that sends `text` at once, and `more` after the first answer.
class Sender {
 public:
  Sender(std::uint16_t port, std::string text, std::string more)
      : left_(std::move(text)), more_(std::move(more)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
    fcntl(socket_, F_SETFL, O_NONBLOCK);
  }
  ~Sender() { close(socket_); }
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  [[nodiscard]] pollfd wants() const {
    return {is_open_ ? socket_ : -1, static_cast<short>(POLLIN | (left_.empty() ? 0 : POLLOUT)), 0};
  }
  void go_on(short events) {
    if ((events & POLLOUT) != 0) {
      const auto sent = send(socket_, left_.data(), left_.size(), MSG_NOSIGNAL);
      if (sent > 0) left_.erase(0, static_cast<std::size_t>(sent));
    }
    if ((events & (POLLIN | POLLHUP | POLLERR)) == 0) return;
    std::array<char, 4096> buffer{};
    const auto count = recv(socket_, buffer.data(), buffer.size(), 0);
    is_open_ = count > 0;
    if (count <= 0) return;
    answer_.append(buffer.data(), static_cast<std::size_t>(count));
    left_ += std::exchange(more_, {});
  }
  [[nodiscard]] const std::string& answer() const { return answer_; }

 private:
  const int socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::string left_, more_, answer_;
  bool is_open_ = true;
};

// Returns when all connections have ended or been silent for a while: some wait for data that never comes.
void let_all_talk(std::list<Sender>& senders) {
  constexpr int silence = 1000;
  for (;;) {
    std::vector<pollfd> waiting;
    for (const auto& sender : senders) waiting.push_back(sender.wants());
    if (poll(waiting.data(), waiting.size(), silence) <= 0) return;
    std::size_t i = 0;
    for (auto& sender : senders) sender.go_on(waiting[i++].revents);
  }
}

void send_all(std::uint16_t port, const std::string& victim) {
  std::string many;
  for (int i = 0; i < 50; ++i) many += planted(victim);
  std::list<Sender> senders;
  for (const auto& [name, text] : requests::malformed_requests(planted(victim))) {
    senders.emplace_back(port, text + many, "");
    senders.emplace_back(port, text, many);
  }
  let_all_talk(senders);
}

std::vector<std::string> statuses_in(const std::string& answer) {
  std::vector<std::string> statuses;
  constexpr std::string_view begin = "HTTP/1.1 ";
  for (auto at = answer.find(begin); at != std::string::npos; at = answer.find(begin, at + 1))
    statuses.push_back(answer.substr(at + begin.size(), 3));
  return statuses;
}

// Pipelined requests are answered in order, if at all.
void check_pipeline(std::uint16_t port) {
  const std::vector<std::pair<std::string, std::string>> pairs{{"/api/lb-check", "200"},
                                                               {"/api/nothing", "404"},
                                                               {"/api/grab-election", "403"},
                                                               {"/api/lb-check", "200"}};
  std::string text;
  std::vector<std::string> expected;
  for (const auto& [target, status] : pairs) {
    text += "GET " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
    expected.push_back(status);
  }
  std::list<Sender> one;
  one.emplace_back(port, text, "");
  let_all_talk(one);
  auto statuses = statuses_in(one.front().answer());
  REQUIRE(!statuses.empty());
  expected.resize(std::min(expected.size(), statuses.size()));
  CHECK(statuses == expected);
}

}  // namespace

TEST_CASE("Requests hidden in malformed requests are not executed, directly or through real proxies",
          "[smuggling]") {
  const Target target;
  REQUIRE(requests::malformed_requests(planted("x")).size() >= 60);
  {
    INFO("directly");
    send_all(target.port(), "victim");
    CHECK_FALSE(target.is_locked("victim"));
    check_pipeline(target.port());
  }
  for (const auto kind :
       {ProxyKind::nginx, ProxyKind::nginx_keepalive, ProxyKind::haproxy, ProxyKind::haproxy_lenient}) {
    const auto name = name_of(kind);
    if (!is_installed(kind)) {
      std::cout << "SKIPPED: requests through " << name << ", which is not installed\n";
      continue;
    }
    INFO("through " << name);
    const auto victim = "victim" + std::to_string(static_cast<int>(kind));
    const Proxy proxy(kind, target.port(), target.folder() / victim);
    send_all(proxy.port(), victim);
    CHECK_FALSE(target.is_locked(victim));
    check_pipeline(proxy.port());
    const auto refused =
        http_get(proxy.port(), "/api/begin-maintenance/x/3306/x/y", "X-Forwarded-User: gromit\r\n");
    CHECK(refused.status == 403);
  }
  // The test would detect an executed request.
  std::list<Sender> legitimate;
  legitimate.emplace_back(target.port(), planted("victim"), "");
  let_all_talk(legitimate);
  CHECK(target.is_locked("victim"));
}
