#include "http/api_description.h"

#include <fmt/format.h>

#include <vector>

#include "common/json_writer.h"
#include "common/version.h"
#include "http/router.h"

namespace orchestrator {
namespace {

using json::write_field;
using json::write_name;
using json::Writer;

constexpr std::string_view openapi_version = "3.0.3";
constexpr std::string_view json_content = "application/json";

class Object {
 public:
  explicit Object(Writer& writer) : writer_(writer) { writer_.StartObject(); }
  Object(Writer& writer, std::string_view name) : writer_(writer) {
    write_name(writer_, name);
    writer_.StartObject();
  }
  ~Object() { writer_.EndObject(); }
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;

 private:
  Writer& writer_;
};

std::string_view title_of(Group group) {
  switch (group) {
    case Group::information: return "information";
    case Group::refactoring: return "refactoring";
    case Group::replication: return "replication";
    case Group::recovery: return "recovery";
    case Group::maintenance: return "maintenance";
    case Group::management: return "management";
    case Group::service: return "service";
  }
  return "";
}

// The description of a value for clients, beyond its name.
struct SlotText {
  Slot slot;
  std::string_view meaning;
  std::string_view type = "string";
};
constexpr SlotText slot_texts[] = {
    {Slot::host, "Host name of the instance"},
    {Slot::port, "Port of the instance", "integer"},
    {Slot::sibling_host, "Host name of the other instance"},
    {Slot::sibling_port, "Port of the other instance", "integer"},
    {Slot::cluster, "Name of a cluster: host:port of its master"},
    {Slot::alias, "Alias of a cluster"},
    {Slot::pattern, "Regular expression in RE2 syntax, or the text of an entry for find-binlog-entry"},
    {Slot::search, "Text to look for"},
    {Slot::page, "Page, 0 the latest", "integer"},
    {Slot::owner, "Who does it"},
    {Slot::reason, "Why"},
    {Slot::duration, "How long, as in 90s, 30m, 2h or 1d"},
    {Slot::dry_run, "Tell the plan and do nothing", "boolean"},
    {Slot::strict, "Look in older logs too", "boolean"},
    {Slot::binlog, "Coordinates in a binary log, as in mysql-bin.000012:4711"},
    {Slot::maintenance, "Number of a maintenance lock", "integer"},
    {Slot::process, "Number of a connection", "integer"},
};

void write_parameter(Writer& writer, std::string_view name, std::string_view slot_name, bool in_path) {
  const auto slot = slot_named(slot_name);
  const Object parameter(writer);
  write_field(writer, "name", name);
  write_field(writer, "in", std::string_view(in_path ? "path" : "query"));
  write_field(writer, "required", in_path);
  for (const auto& text : slot_texts) {
    if (slot != text.slot) continue;
    write_field(writer, "description", text.meaning);
    const Object schema(writer, "schema");
    write_field(writer, "type", text.type);
  }
}

// A response whose JSON has the component schema `schema`; "": any JSON.
void write_response(Writer& writer, std::string_view status, std::string_view description,
                    std::string_view type, std::string_view schema) {
  const Object response(writer, status);
  write_field(writer, "description", description);
  const Object content(writer, "content");
  const Object media(writer, type);
  const Object one(writer, "schema");
  if (!schema.empty())
    write_field(writer, "$ref", std::string_view(fmt::format("#/components/schemas/{}", schema)));
}

// "/api/instance/{host}/{port}".
std::string path_of(const RouteParts& route) {
  std::string path;
  for (const auto segment : route.segments)
    path +=
        segment.starts_with(':') ? fmt::format("/{{{}}}", segment.substr(1)) : fmt::format("/{}", segment);
  return path;
}

void write_operation(Writer& writer, const Operation& operation, const RouteParts& route,
                     const std::string& id) {
  const Object get(writer, "get");
  write_field(writer, "operationId", std::string_view(id));
  write_field(writer, "summary", operation.summary);
  write_field(writer, "description", operation.help);
  write_field(writer, "x-writes", operation.access == Access::write);
  write_name(writer, "tags");
  writer.StartArray();
  json::write_text(writer, title_of(operation.group));
  writer.EndArray();
  write_name(writer, "parameters");
  writer.StartArray();
  for (const auto segment : route.segments) {
    if (segment.starts_with(':')) write_parameter(writer, segment.substr(1), segment, true);
  }
  for (const auto& [name, slot] : route.query) write_parameter(writer, name, slot, false);
  writer.EndArray();
  const Object responses(writer, "responses");
  write_response(writer, "200", "Done, or what was asked for", json_content, "");
  if (operation.access == Access::write)
    write_response(writer, "403", "This user may not change anything", json_content, "Envelope");
  write_response(writer, "default", "What was wrong; the status says of which kind", json_content,
                 "Envelope");
}

void write_own(Writer& writer, const OwnRoute& route) {
  const Object path(writer, route.path);
  const Object get(writer, "get");
  write_field(writer, "operationId", route.path.substr(1));
  write_field(writer, "summary", route.summary);
  const Object responses(writer, "responses");
  write_response(writer, "200", route.summary, route.content_type, "");
}

void write_envelope(Writer& writer) {
  const Object components(writer, "components");
  const Object schemas(writer, "schemas");
  const Object envelope(writer, "Envelope");
  write_field(writer, "type", std::string_view("object"));
  const Object properties(writer, "properties");
  {
    const Object code(writer, "Code");
    write_field(writer, "type", std::string_view("string"));
    write_name(writer, "enum");
    writer.StartArray();
    json::write_text(writer, "OK");
    json::write_text(writer, "ERROR");
    writer.EndArray();
  }
  {
    const Object message(writer, "Message");
    write_field(writer, "type", std::string_view("string"));
  }
  const Object details(writer, "Details");
  write_field(writer, "nullable", true);
}

}  // namespace

std::string describe_api(const Catalogue& operations, std::span<const OwnRoute> own_routes,
                         std::string_view url_prefix) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  {
    const Object document(writer);
    write_field(writer, "openapi", openapi_version);
    {
      const Object info(writer, "info");
      write_field(writer, "title", std::string_view("orchestrator"));
      write_field(writer, "version", version());
    }
    write_name(writer, "servers");
    writer.StartArray();
    {
      const Object server(writer);
      write_field(writer, "url", url_prefix.empty() ? std::string_view("/") : url_prefix);
    }
    writer.EndArray();
    {
      const Object paths(writer, "paths");
      for (const auto& operation : operations) {
        // Routes that differ only in their query share one path; the last one has the full description.
        const auto routes = routes_of(operation);
        unsigned number = 0;
        for (std::size_t i = 0; i < routes.size(); ++i) {
          const auto route = route_parts(routes[i]);
          if (i + 1 < routes.size() && route_parts(routes[i + 1]).segments == route.segments) continue;
          const auto id =
              ++number == 1 ? std::string(operation.name) : fmt::format("{}-{}", operation.name, number);
          const Object path(writer, path_of(route));
          write_operation(writer, operation, route, id);
        }
      }
      for (const auto& route : own_routes) write_own(writer, route);
    }
    write_envelope(writer);
  }
  return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace orchestrator
