#include "http/api_description.h"

#include <rapidjson/document.h>

#include <catch2/catch.hpp>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/reply.h"
#include "http/router.h"
#include "unit/apps/known_topology.h"

using namespace orchestrator;

namespace {

rapidjson::Document described(std::string_view prefix = "") {
  rapidjson::Document document;
  const OwnRoute own{"/api/events", "What changes", "text/event-stream"};
  document.Parse(describe_api(catalogue(), {&own, 1}, prefix));
  REQUIRE_FALSE(document.HasParseError());
  return document;
}

}  // namespace

TEST_CASE("The description lists every route of the catalogue") {
  const auto document = described();
  CHECK(document["openapi"] == "3.0.3");
  const auto& paths = document["paths"];
  std::set<std::string> expected{"/api/events"};
  for (const auto& operation : catalogue()) {
    for (const auto& route : routes_of(operation)) {
      std::string path;
      for (const auto segment : route_parts(route).segments)
        path += segment.starts_with(':') ? "/{" + std::string(segment.substr(1)) + "}"
                                         : "/" + std::string(segment);
      expected.insert(path);
    }
  }
  std::set<std::string> found;
  for (const auto& path : paths.GetObject()) CHECK(found.insert(path.name.GetString()).second);
  CHECK(found == expected);
}

TEST_CASE("Parameters, access and names are those of the operation") {
  const auto document = described("/orchestrator");
  CHECK(document["servers"][0]["url"] == "/orchestrator");
  const auto& move = document["paths"]["/api/move-below/{host}/{port}/{belowHost}/{belowPort}"]["get"];
  CHECK(move["operationId"] == "move-below");
  CHECK(move["x-writes"].GetBool());
  REQUIRE(move["parameters"].Size() == 6);
  CHECK(move["parameters"][1]["name"] == "port");
  CHECK(move["parameters"][1]["schema"]["type"] == "integer");
  CHECK(move["parameters"][4]["name"] == "allow-errant");
  CHECK(move["parameters"][5]["in"] == "query");
  CHECK(move["parameters"][5]["name"] == "dry-run");
  CHECK_FALSE(document["paths"]["/api/clusters"]["get"]["x-writes"].GetBool());
}

TEST_CASE("Every operation that only reads describes its answer") {
  const auto document = described();
  const auto answer_of = [&](const char* path) -> const rapidjson::Value& {
    return document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"];
  };
  CHECK(answer_of("/api/instance/{host}/{port}")["$ref"] == "#/components/schemas/Instance");
  CHECK(answer_of("/api/clusters-info")["items"]["$ref"] == "#/components/schemas/Cluster");
  CHECK(answer_of("/api/clusters")["items"]["type"] == "string");
  CHECK(answer_of("/api/forget/{host}/{port}")["$ref"] == "#/components/schemas/Envelope");
  const auto& analysis = answer_of("/api/replication-analysis")["allOf"];
  CHECK(analysis[0]["$ref"] == "#/components/schemas/Envelope");
  CHECK(analysis[1]["properties"]["Details"]["items"]["$ref"] == "#/components/schemas/Analysis");
  for (const auto& operation : catalogue()) {
    if (operation.routes.empty() || operation.access == Access::write) continue;
    INFO(operation.name);
    // A map, an answer that may be null, and positions in logs.
    const bool is_other = operation.name == "hostname-resolve-cache" || operation.name == "in-maintenance" ||
                          operation.name == "last-pseudo-gtid" || operation.name == "find-binlog-entry" ||
                          operation.name == "correlate-binlog-pos";
    CHECK(operation.returns.has_value() != is_other);
  }
}

TEST_CASE("Operations answer what the description says") {
  const KnownTopology known;
  auto& session = known.session();
  session.store().clusters().set_alias("db1:3306", "shop");
  const Router router(catalogue());
  const std::map<std::string_view, std::string_view> values{
      {":host", "db1"},          {":port", "3306"}, {":clusterName", "db1:3306"},
      {":clusterAlias", "shop"}, {":page", "0"},    {":searchString", "db"}};
  for (const auto& operation : catalogue()) {
    // Those with a limit contact servers.
    if (!operation.returns || operation.max_at_once > 0) continue;
    for (const auto& route : routes_of(operation)) {
      INFO(route);
      Target target;
      for (const auto segment : route_parts(route).segments)
        target.segments.emplace_back(segment.starts_with(':') ? values.at(segment) : segment);
      const auto match = router.match(target);
      REQUIRE(match);
      const auto reply = run(operation, session, match->arguments());
      CHECK(reply.payload.index() == operation.returns->payload);
      CHECK(reply.wrapping == operation.returns->wrapping);
    }
  }
}

TEST_CASE("Each operation has a unique id") {
  const auto document = described();
  std::set<std::string> ids;
  for (const auto& path : document["paths"].GetObject())
    CHECK(ids.insert(path.value["get"]["operationId"].GetString()).second);
}

TEST_CASE("The schema of an instance has the members of its JSON, and all references lead somewhere") {
  const auto document = described();
  const auto& schemas = document["components"]["schemas"];
  topo::KnownInstance known;
  known.instance.key = {"a", 1};
  known.instance.channels.resize(2);
  for (auto& channel : known.instance.channels) {
    channel.set_master("b", 1);
    channel.io_thread = topo::ThreadState::running;
  }
  known.instance.channels[1].name = "x";
  known.instance.semi_sync.emplace();
  known.instance.parallel_workers = 0;
  rapidjson::Document instance;
  instance.Parse(render_json(Reply::bare(known), topo::StatusLimits{}));
  std::vector<std::string> written, members;
  for (const auto& member : instance.GetObject()) written.emplace_back(member.name.GetString());
  for (const auto& member : schemas["Instance"]["properties"].GetObject())
    members.emplace_back(member.name.GetString());
  CHECK(written == members);
  CHECK(schemas["Instance"]["properties"]["SecondsBehindMaster"]["$ref"] ==
        "#/components/schemas/OptionalNumber");
  // ReplicationChannels, eight members about semi-sync, and ParallelWorkers are optional.
  CHECK(schemas["Instance"]["required"].Size() + 10 == members.size());

  const auto check_reference = [&](const rapidjson::Value& shape) {
    if (!shape.HasMember("$ref")) return;
    const std::string_view name = shape["$ref"].GetString();
    CHECK(schemas.HasMember(std::string(name.substr(name.rfind('/') + 1)).c_str()));
  };
  for (const auto& schema : schemas.GetObject()) {
    for (const auto& property : schema.value["properties"].GetObject()) {
      INFO(schema.name.GetString() << "." << property.name.GetString());
      check_reference(property.value);
      if (property.value.HasMember("items")) check_reference(property.value["items"]);
    }
  }
}
