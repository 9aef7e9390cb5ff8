#include <rapidjson/document.h>

#include <catch2/catch.hpp>

#include "http/api.h"
#include "unit/apps/known_topology.h"
#include "unit/fuzz/mutate.h"

using namespace orchestrator;

namespace {

constexpr std::uint64_t seed = 20150412;
constexpr int attempts = 60'000;

// Routes that wait for the network would make this test slow; they share their path with those that do not.
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

// "" when the response is one that a client can read.
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

TEST_CASE("Any path is answered, with JSON below /api", "[fuzz]") {
  const KnownTopology known;
  EventHub events;
  Api api(known.session(), AccessPolicy(known.session().configuration()), WebFiles({}), events);
  fuzz::Mutator mutator(seed, corpus(),
                        {"%2F", "%25", "%00", "+", "?", "&alias=", "/api/", "alias", ":3306", "%f0%9f"});
  for (int i = 0; i < attempts; ++i) {
    const auto target = mutator.next();
    const auto response = api.handle(
        {"GET", target, [](std::string_view) { return Header{}; }, {}, [] { return NoHeaders{}; }});
    const auto wrong = judge(response);
    if (!wrong.empty()) FAIL(wrong << ", seed " << seed << ": \"" << fuzz::printable(target) << '"');
  }
}
