// Password guessers behind real proxies lock out only themselves.
#include <atomic>
#include <catch2/catch.hpp>
#include <fstream>
#include <iostream>
#include <memory>
#include <thread>
#include <vector>

#include "sandbox/temporary.h"
#include "sandbox/wait.h"
#include "system/support/proxy.h"

namespace {

using namespace std::chrono_literals;
using system_test::built;
using system_test::http_get;
using system_test::Proxy;
using system_test::ProxyKind;

// dba:x and dba:wrong
const std::string right = "Authorization: Basic ZGJhOng=\r\n",
                  wrong = "Authorization: Basic ZGJhOndyb25n\r\n";
constexpr const char* clusters_target = "/api/clusters";

// The server that dba logs in to; it trusts proxies only at 127.0.0.1.
class GuardedServer {
 public:
  GuardedServer() {
    const auto file = folder_.path() / "orchestrator.conf.json";
    std::ofstream(file)
        << R"({"AuthenticationMethod": "basic", "HTTPAuthUser": "dba", "HTTPAuthPassword": "x",
              "AuthProxyAddresses": ["127.0.0.1"], "HostnameResolveMethod": "none",
              "BackendDB": "sqlite3", "SQLite3DataFile": "known.sqlite3", "ListenAddress": "127.0.0.1:)"
        << port() << "\"}";
    std::filesystem::permissions(file, std::filesystem::perms(0600));
    server_ = std::make_unique<system_test::Program>(
        std::vector{built("orchestrator-http"), std::string("--discovery=false")}, folder_.path());
    sandbox::wait_until([this] { return http_get(port(), clusters_target, right).status == 200; },
                        sandbox::patience, "the server");
  }
  [[nodiscard]] std::uint16_t port() const { return port_.port(); }
  [[nodiscard]] std::filesystem::path folder() const { return folder_.path(); }
  [[nodiscard]] std::string log() const { return server_->err(); }

 private:
  sandbox::TemporaryFolder folder_;
  sandbox::ReservedPort port_{{"127.0.0.1"}};
  std::unique_ptr<system_test::Program> server_;
};

// Clients that guess passwords from 127.0.0.2, with a forged X-Forwarded-For, until destroyed.
class PasswordGuessers {
 public:
  explicit PasswordGuessers(std::uint16_t port) {
    for (int i = 0; i < 18; ++i) {
      threads_.emplace_back([this, port](const std::stop_token& stop) {
        const auto guess = wrong + "X-Forwarded-For: 127.0.0.3\r\n";
        while (!stop.stop_requested()) {
          if (http_get(port, clusters_target, guess, "127.0.0.2").status != 429) continue;
          ++refused_;
          std::this_thread::sleep_for(pause_when_refused);
        }
      });
    }
    sandbox::wait_until([this] { return refused_ > 20; }, sandbox::patience, "guessers that are refused");
  }

 private:
  static constexpr std::chrono::milliseconds pause_when_refused{10};  // leaves the other tests some CPU
  std::atomic<int> refused_{0};
  std::vector<std::jthread> threads_;
};

}  // namespace

TEST_CASE("Guessing passwords through a real proxy does not lock out its other clients", "[login]") {
  for (const auto kind : {ProxyKind::nginx, ProxyKind::nginx_keepalive, ProxyKind::haproxy}) {
    const auto name = name_of(kind);
    if (!is_installed(kind)) {
      std::cout << "SKIPPED: logins through " << name << ", which is not installed\n";
      continue;
    }
    INFO(name);
    const GuardedServer server;
    const Proxy proxy(kind, server.port(), server.folder() / "proxy");
    const PasswordGuessers guessers(proxy.port());
    const auto began = std::chrono::steady_clock::now();
    for (int i = 0; i < 20; ++i)
      REQUIRE(http_get(proxy.port(), clusters_target, right, "127.0.0.3").status == 200);
    CHECK(std::chrono::steady_clock::now() - began < 10s);
    const std::string told = "user \"dba\" from 127.0.0.2 through 127.0.0.1;";
    sandbox::wait_until([&] { return server.log().find(told) != std::string::npos; }, sandbox::patience,
                        "the failures in the log");
    CHECK(server.log().find("from 127.0.0.3") == std::string::npos);
  }
}
