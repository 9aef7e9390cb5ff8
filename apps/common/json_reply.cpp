#include <array>
#include <utility>
#include <variant>

#include "common/json_objects.h"
#include "common/reply.h"

namespace orchestrator {
namespace {

using json::write_field;
using json::write_name;
using json::write_steps;

struct JsonRenderer {
  json::Writer& writer;
  const topo::StatusLimits& limits;

  void operator()(std::monostate) { writer.Null(); }
  void operator()(const topo::KnownInstance& known) { json::write(writer, known, limits); }
  void operator()(const Text& text) { json::write_text(writer, text.text); }
  void operator()(const InstanceList& list) {
    writer.StartArray();
    for (const auto& known : list) (*this)(known);
    writer.EndArray();
  }
  // {"db1":{"Object":"db1.example.com","Expiration":"2026-11-24T03:12:07Z"}}
  void operator()(const CachedNameList& names) {
    writer.StartObject();
    for (const auto& cached : names) {
      write_name(writer, cached.host);
      json::write_object(writer, cached);
    }
    writer.EndObject();
  }
  template <typename Value>
  void operator()(const Value& value) {
    json::write_value(writer, value);
  }
};

template <typename Value>
json::Shape payload_shape() {
  using Kind = json::Shape::Kind;
  if constexpr (std::is_same_v<Value, topo::KnownInstance>) {
    return {Kind::object, json::instance_schema().name};
  } else if constexpr (std::is_same_v<Value, InstanceList>) {
    return {Kind::list, json::instance_schema().name};
  } else if constexpr (std::is_same_v<Value, Text>) {
    return {Kind::text};
  } else if constexpr (std::is_same_v<Value, std::monostate> || std::is_same_v<Value, CachedNameList>) {
    return {Kind::object};  // none, or a map of objects: not described
  } else {
    return json::shape_of<Value>();
  }
}

template <std::size_t... Indexes>
json::Shape payload_shape(std::size_t index, std::index_sequence<Indexes...>) {
  const std::array shapes{payload_shape<std::variant_alternative_t<Indexes, Payload>>()...};
  return shapes.at(index);
}

std::string text_of(const rapidjson::StringBuffer& buffer) {
  return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace

json::Shape json::shape_of_payload(std::size_t index) {
  return payload_shape(index, std::make_index_sequence<std::variant_size_v<Payload>>());
}

std::string render_json(const Reply& reply, const topo::StatusLimits& limits) {
  rapidjson::StringBuffer buffer;
  json::Writer writer(buffer);
  JsonRenderer renderer{writer, limits};
  if (reply.wrapping == Wrapping::bare) {
    std::visit(renderer, reply.payload);
    return text_of(buffer);
  }
  writer.StartObject();
  write_field(writer, "Code", std::string_view(reply.failure ? "ERROR" : "OK"));
  if (!reply.result.empty()) write_field(writer, "Result", reply.result);
  write_field(writer, "Message", std::string_view(reply.message));
  write_name(writer, "Details");
  if (reply.wrapping == Wrapping::details) {
    std::visit(renderer, reply.payload);
  } else {
    writer.Null();
  }
  write_steps(writer, reply.steps);
  writer.EndObject();
  return text_of(buffer);
}

void json::write_steps(Writer& writer, const std::vector<topo::refactor::StepReport>& steps) {
  if (steps.empty()) return;
  write_name(writer, "Steps");
  write_value(writer, steps);
}

std::string render_json(const topo::refactor::Progress& progress) {
  rapidjson::StringBuffer buffer;
  json::Writer writer(buffer);
  json::write_object(writer, progress);
  return text_of(buffer);
}

}  // namespace orchestrator
