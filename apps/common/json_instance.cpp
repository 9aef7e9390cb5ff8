#include "common/json_objects.h"
#include "topo/store/instance_fields.h"

namespace orchestrator::json {
namespace {

using topo::FieldType;

Shape shape_of(FieldType type) {
  using Kind = Shape::Kind;
  switch (type) {
    case FieldType::boolean: return {Kind::boolean};
    case FieldType::number: return {Kind::number};
    case FieldType::text: return {Kind::text};
    case FieldType::optional_number: return json::shape_of<OptionalSeconds>();
    case FieldType::key: return json::shape_of<topo::InstanceKey>();
    case FieldType::coordinates: return json::shape_of<topo::BinlogCoordinates>();
    case FieldType::keys: return json::shape_of<std::vector<topo::InstanceKey>>();
    case FieldType::texts: return json::shape_of<std::vector<std::string>>();
    case FieldType::channels: return json::shape_of<std::vector<topo::ReplicationChannel>>();
    case FieldType::problem: return json::shape_of<topo::Problem>();
  }
  return {Kind::text};
}

struct ValueWriter {
  Writer& writer;

  template <typename Value>
  void operator()(const Value& value) const {
    write_value(writer, value);
  }
  template <typename Value>
  void operator()(const Value* value) const {
    write_value(writer, *value);
  }
  template <typename Element>
  void operator()(std::span<const Element> list) const {
    writer.StartArray();
    for (const auto& element : list) write_value(writer, element);
    writer.EndArray();
  }
};

void write_fields(Writer& writer, const topo::KnownInstance& known, const topo::StatusLimits& limits,
                  std::string_view topo::InstanceField::*name) {
  for (const auto& field : topo::instance_fields()) {
    if (field.name.empty() || (field.*name).empty()) continue;
    if (field.is_present != nullptr && !field.is_present(known)) continue;
    write_name(writer, field.*name);
    std::visit(ValueWriter{writer}, field.value(known, limits));
  }
}

}  // namespace

// The names of later releases come last.
void write(Writer& writer, const topo::KnownInstance& known, const topo::StatusLimits& limits) {
  writer.StartObject();
  write_fields(writer, known, limits, &topo::InstanceField::name);
  write_fields(writer, known, limits, &topo::InstanceField::replica_name);
  writer.EndObject();
}

Schema instance_schema() {
  Schema schema{"Instance", "A MySQL or MariaDB server, as last read", {}};
  const auto add = [&](std::string_view topo::InstanceField::*name) {
    for (const auto& field : topo::instance_fields()) {
      if (field.name.empty() || (field.*name).empty()) continue;
      schema.members.push_back(
          {field.*name, shape_of(field.type), field.meaning, field.is_present != nullptr, field.unit});
    }
  };
  add(&topo::InstanceField::name);
  add(&topo::InstanceField::replica_name);
  return schema;
}

}  // namespace orchestrator::json
