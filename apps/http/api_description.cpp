#include "http/api_description.h"

#include <fmt/format.h>

#include <vector>

#include "common/json_objects.h"
#include "common/version.h"
#include "http/router.h"
#include "topo/base/error.h"

namespace orchestrator {
namespace {

using json::write_field;
using json::write_name;
using json::Writer;

constexpr std::string_view openapi_version = "3.0.3";
constexpr std::string_view json_content = "application/json";
constexpr std::string_view envelope = "Envelope";

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

std::string_view tag_of(Group group) {
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

void write_parameter(Writer& writer, std::string_view name, std::string_view slot_name, bool in_path) {
  const auto slot = slot_named(slot_name).value();
  const auto& info = info_of(slot.parameter);
  const Object parameter(writer);
  write_field(writer, "name", name);
  write_field(writer, "in", std::string_view(in_path ? "path" : "query"));
  write_field(writer, "required", in_path);
  const std::string_view part = slot.part == Slot::Part::host   ? "host name of "
                                : slot.part == Slot::Part::port ? "port of "
                                                                : "";
  write_field(writer, "description", std::string_view(fmt::format("{}{}", part, info.meaning)));
  if (slot.part == Slot::Part::whole && !info.example.empty()) write_field(writer, "example", info.example);
  const Object schema(writer, "schema");
  write_field(writer, "type", slot.part == Slot::Part::port ? std::string_view("integer") : info.type);
}

void write_reference(Writer& writer, std::string_view schema) {
  write_field(writer, "$ref", std::string_view(fmt::format("#/components/schemas/{}", schema)));
}

void write_shape(Writer& writer, const json::Shape& shape) {
  using Kind = json::Shape::Kind;
  if (shape.is_nullable) write_field(writer, "nullable", true);
  switch (shape.kind) {
    case Kind::boolean: write_field(writer, "type", std::string_view("boolean")); break;
    case Kind::number: write_field(writer, "type", std::string_view("integer")); break;
    case Kind::text:
      write_field(writer, "type", std::string_view("string"));
      if (shape.values.empty()) break;
      write_name(writer, "enum");
      writer.StartArray();
      for (const auto value : shape.values) json::write_text(writer, value);
      writer.EndArray();
      break;
    case Kind::object: write_reference(writer, shape.object); break;
    case Kind::list: {
      write_field(writer, "type", std::string_view("array"));
      const Object items(writer, "items");
      if (shape.object.empty())
        write_field(writer, "type", std::string_view("string"));
      else
        write_reference(writer, shape.object);
      break;
    }
  }
}

// A response whose content `write_content` describes.
template <typename WriteContent>
void write_response(Writer& writer, std::string_view status, std::string_view description,
                    std::string_view type, const WriteContent& write_content) {
  const Object response(writer, status);
  write_field(writer, "description", description);
  const Object content(writer, "content");
  const Object media(writer, type);
  const Object schema(writer, "schema");
  write_content();
}

void write_error(Writer& writer, std::string_view status, std::string_view description) {
  write_response(writer, status, description, json_content, [&] { write_reference(writer, envelope); });
}

// The schema of an answer: the payload, or an envelope with the payload for details.
void write_answer(Writer& writer, const Operation& operation) {
  if (!operation.returns) {
    if (operation.access == Access::write) write_reference(writer, envelope);
    return;
  }
  const auto shape = json::shape_of_payload(operation.returns->payload);
  if (operation.returns->wrapping == Wrapping::bare) {
    write_shape(writer, shape);
    return;
  }
  write_name(writer, "allOf");
  writer.StartArray();
  {
    const Object common(writer);
    write_reference(writer, envelope);
  }
  {
    const Object own(writer);
    const Object properties(writer, "properties");
    const Object details(writer, "Details");
    write_shape(writer, shape);
  }
  writer.EndArray();
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
  json::write_text(writer, tag_of(operation.group));
  writer.EndArray();
  write_name(writer, "parameters");
  writer.StartArray();
  for (const auto segment : route.segments) {
    if (segment.starts_with(':')) write_parameter(writer, segment.substr(1), segment, true);
  }
  for (const auto& [name, slot] : route.query) write_parameter(writer, name, slot, false);
  writer.EndArray();
  const Object responses(writer, "responses");
  write_response(writer, "200", "Done, or what was asked for", json_content,
                 [&] { write_answer(writer, operation); });
  if (operation.access == Access::write) write_error(writer, "403", "This user may not change anything");
  write_error(writer, "default", "What was wrong; the status says of which kind");
}

void write_own(Writer& writer, const OwnRoute& route) {
  const Object path(writer, route.path);
  const Object get(writer, "get");
  write_field(writer, "operationId", route.path.substr(1));
  write_field(writer, "summary", route.summary);
  const Object responses(writer, "responses");
  write_response(writer, "200", route.summary, route.content_type, [&] {
    if (!route.schema.empty()) write_reference(writer, route.schema);
  });
}

void write_schema(Writer& writer, const json::Schema& schema) {
  const Object object(writer, schema.name);
  write_field(writer, "type", std::string_view("object"));
  write_field(writer, "description", schema.meaning);
  write_name(writer, "required");
  writer.StartArray();
  for (const auto& member : schema.members)
    if (!member.is_optional) json::write_text(writer, member.name);
  writer.EndArray();
  const Object properties(writer, "properties");
  for (const auto& member : schema.members) {
    const Object property(writer, member.name);
    // A reference must stand alone.
    if (member.shape.kind != json::Shape::Kind::object) {
      const auto meaning = member.unit.empty() ? std::string(member.meaning)
                                               : fmt::format("{}, in {}", member.meaning, member.unit);
      write_field(writer, "description", std::string_view(meaning));
    }
    write_shape(writer, member.shape);
  }
}

// The envelope of answers, whose details have a type of their own for each operation.
void write_envelope(Writer& writer) {
  const Object object(writer, envelope);
  write_field(writer, "type", std::string_view("object"));
  write_name(writer, "required");
  writer.StartArray();
  for (const std::string_view member : {"Code", "Message", "Details"}) json::write_text(writer, member);
  writer.EndArray();
  const Object properties(writer, "properties");
  {
    const Object code(writer, "Code");
    constexpr static std::string_view codes[] = {"OK", "ERROR"};
    write_shape(writer, {.kind = json::Shape::Kind::text, .values = codes});
  }
  {
    const Object result(writer, "Result");  // only where an operation names its results
    constexpr static std::string_view names[] = {topo::results::rejoined, topo::results::errant_transactions,
                                                 topo::results::cannot_be_compared, topo::results::purged,
                                                 topo::results::unreachable};
    write_shape(writer, {.kind = json::Shape::Kind::text, .values = names});
  }
  {
    const Object message(writer, "Message");
    write_shape(writer, {json::Shape::Kind::text});
  }
  {
    const Object details(writer, "Details");
    write_field(writer, "nullable", true);
  }
  const Object steps(writer, "Steps");
  write_field(writer, "description",
              std::string_view("Of an operation that changes servers; left out if it has none"));
  write_shape(writer, json::shape_of<std::vector<topo::refactor::StepReport>>());
}

void write_components(Writer& writer) {
  const Object components(writer, "components");
  const Object all(writer, "schemas");
  write_envelope(writer);
  for (const auto& schema : json::schemas()) write_schema(writer, schema);
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
    write_components(writer);
  }
  return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace orchestrator
