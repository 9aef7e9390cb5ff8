// Malformed requests, each with a second request planted where a careless parser would resume.
#include <algorithm>
#include <catch2/catch.hpp>
#include <mutex>
#include <string>

#include "http/api.h"
#include "requests/malformed_requests.h"
#include "unit/apps/http_client.h"
#include "unit/apps/running_server.h"

using namespace orchestrator;

namespace {

const std::string planted_target = "/api/planted";
const std::string planted = "GET " + planted_target + " HTTP/1.1\r\nHost: localhost\r\n\r\n";

// Answers every request and records its target.
class Recorder {
 public:
  Response operator()(const Request& request) {
    const std::lock_guard lock(mutex_);
    targets_.emplace_back(request.target);
    return error_response(200, "done");
  }
  // The targets since the last call.
  std::vector<std::string> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(targets_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> targets_;
};

// All bytes until the server closes the connection.
std::string read_to_end(HttpClient& client) {
  std::string all;
  for (auto more = client.read_some(); !more.empty(); more = client.read_some()) all += more;
  return all;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

bool contains_planted(const std::vector<std::string>& targets) {
  return std::ranges::find(targets, planted_target) != targets.end();
}

}  // namespace

TEST_CASE("A request planted behind a malformed one is never executed", "[smuggling]") {
  Recorder recorder;
  const RunningServer server([&](const Request& request) { return recorder(request); });
  const auto all = requests::malformed_requests(planted);
  REQUIRE(all.size() >= 60);
  for (const auto& [name, text] : all) {
    INFO(name);
    {
      HttpClient client(server.port());
      client.say(text + planted);
      const auto answer = read_to_end(client);
      CHECK(count(answer, "HTTP/1.1 ") == 1);
      CHECK(count(answer, "Connection: close\r\n") == 1);
    }
    {
      HttpClient client(server.port());
      client.say(text);
      // Requests with an incomplete head or body get no response yet; all others get one at once.
      client.wait_readable(std::chrono::milliseconds(300));
      for (int i = 0; i < 100; ++i) client.say(planted);
      CHECK(count(read_to_end(client), "HTTP/1.1 ") <= 1);
    }
    CHECK_FALSE(contains_planted(recorder.take()));
  }
}

TEST_CASE("Pipelined requests are answered in order", "[smuggling]") {
  Recorder recorder;
  const RunningServer server([&](const Request& request) { return recorder(request); });
  std::string text;
  std::vector<std::string> expected;
  for (int i = 0; i < 50; ++i) {
    expected.push_back("/" + std::to_string(i));
    text += "GET " + expected.back() + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n";
  }
  text += "GET /last HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" + planted;
  expected.emplace_back("/last");
  HttpClient client(server.port());
  client.say(text);
  const auto answer = read_to_end(client);
  CHECK(count(answer, "HTTP/1.1 200 OK\r\n") == expected.size());
  CHECK(recorder.take() == expected);
}

TEST_CASE("A request that arrives byte by byte is the same request", "[smuggling]") {
  Recorder recorder;
  const RunningServer server([&](const Request& request) { return recorder(request); });
  HttpClient client(server.port());
  for (const char byte : planted) client.say({&byte, 1});
  CHECK(client.send("").status == 200);
  CHECK(recorder.take() == std::vector{planted_target});
}
