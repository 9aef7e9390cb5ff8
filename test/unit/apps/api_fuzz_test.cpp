#include <rapidjson/document.h>

#include <catch2/catch.hpp>
#include <thread>

#include "fuzz/mutate.h"
#include "http/api.h"
#include "http/server.h"
#include "unit/apps/http_client.h"
#include "unit/apps/known_topology.h"

using namespace orchestrator;

namespace {

constexpr std::uint64_t seed = 20150412;

// No routes that wait for the network: they would make this test slow, and others share their path.
std::vector<std::string> corpus() {
  return {"/api/instance/db1/3306",
          "/api/cluster/db1:3306",
          "/api/cluster/alias/shop",
          "/api/cluster-info/db1%3A3306",
          "/api/set-cluster-alias/db1:3306?alias=shop",
          "/api/clusters",
          "/api/search/db?s=x&y",
          "/api/audit/2/",
          "/api/problems",
          "/api/headers",
          "/api/events?cluster=db1:3306",
          "/api/move-targets/db1/3306",
          "/web/cluster/db1:3306?compact=true",
          "/css/orchestrator.css"};
}

using NoHeaders = std::vector<std::pair<std::string, std::string>>;

// "" when a client can read the response.
std::string judge(const Response& response) {
  if (response.next_part) return "";
  if (response.status < 200 || response.status > 599 || response.body == nullptr) return "no response";
  if (!response.content_type.starts_with("application/json")) return "";
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag>(*response.body);
  if (document.HasParseError()) return "not JSON: " + *response.body;
  if (response.status >= 400 && (!document.IsObject() || document["Code"] != "ERROR")) return "no envelope";
  return response.status >= 500 ? "status " + std::to_string(response.status) + ": " + *response.body : "";
}

}  // namespace

TEST_CASE("Any path gets a response, with JSON below /api", "[fuzz][one-thread]") {
  const KnownTopology known;
  EventHub events;
  Api api(known.session(), WebFiles({}), events);
  fuzz::Mutator mutator(seed, corpus(),
                        {"%2F", "%25", "%00", "+", "?", "&alias=", "/api/", "alias", ":3306", "%f0%9f"});
  const auto rounds = fuzz::rounds(60'000 / fuzz::fewer);
  for (std::uint64_t i = 0; i < rounds; ++i) {
    const auto target = mutator.next();
    const auto response = api.handle(
        {"GET", target, [](std::string_view) { return Header{}; }, {}, [] { return NoHeaders{}; }});
    const auto wrong = judge(response);
    if (!wrong.empty()) FAIL(wrong << ", seed " << seed << ": \"" << fuzz::printable(target) << '"');
  }
}

// A socket delivers arbitrary bytes.
TEST_CASE("Whatever bytes arrive, the server answers in HTTP or closes the connection, and keeps serving",
          "[fuzz]") {
  const KnownTopology known;
  EventHub events;
  Api api(known.session(), WebFiles({}), events);
  Server server([&](const Request& request) { return api.handle(request); }, KnownTopology::silent_log());
  const auto port = server.bind({"127.0.0.1", 0, {}});
  const std::jthread serving([&] { server.serve(); });
  fuzz::Mutator mutator(
      seed,
      {"GET /api/clusters HTTP/1.1\r\nHost: localhost\r\n\r\n",
       "HEAD /api/cluster/db1:3306 HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip;q=0.5, *\r\n\r\n",
       "GET / HTTP/1.0\r\nAuthorization: Basic ZGJhOg==\r\n\r\n",
       "POST /api/forget/db1/3306 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello",
       "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
       "GET /x HTTP/1.1\r\nHost: localhost\r\nRange: bytes=0-5\r\nExpect: 100-continue\r\nConnection: "
       "close\r\n\r\n"},
      {"\r\n", "\r\n\r\n", "Content-Length: -1\r\n", "Transfer-Encoding: chunked\r\n",
       "Range: bytes=9-1,-\r\n", "Upgrade: websocket\r\n", "HTTP/1.1", "%00", "GET ",
       "99999999999999999999"});
  const auto rounds = fuzz::rounds(2000);
  for (std::uint64_t i = 0; i < rounds; ++i) {
    const auto request = mutator.next();
    HttpClient client(port);
    client.say(request);
    client.end_sending();
    std::string answer;
    for (auto more = client.read_some(); !more.empty(); more = client.read_some()) answer += more;
    if (!answer.empty() && !answer.starts_with("HTTP/1.1 "))
      FAIL("answered " << fuzz::printable(answer) << " to \"" << fuzz::printable(request) << '"');
  }
  CHECK(HttpClient(port).get("/api/clusters").body == R"(["db1:3306"])");
  server.stop();
}
