// The objects of the API's JSON, described once: a table of members for each type. JSON, the description of
// the API and the types of the web pages are made from these tables.
#pragma once

#include <array>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "common/json_writer.h"
#include "topo/refactor/execution.h"

namespace orchestrator::json {

// What a value is in JSON.
struct Shape {
  enum class Kind {
    boolean,
    number,  // an integer
    text,
    object,
    list,
  };
  Kind kind;
  // Of an object or a list of objects: the name of the schema. "": the elements are texts.
  std::string_view object = {};
  bool is_nullable = false;
  std::span<const std::string_view> values = {};  // of a text that is one of these
};

struct Member {
  std::string_view name;
  Shape shape;
  std::string_view meaning;
  bool is_optional = false;  // may be absent
  std::string_view unit = {};
};

// The description of one type of object.
struct Schema {
  std::string_view name;
  std::string_view meaning;
  std::vector<Member> members;
};

// A member of an Object, and how its value is written.
template <typename Object>
struct Field {
  Member member;
  void (*write)(Writer&, const Object&);
};

// Specialized for each type of object: its name, meaning, and `fields`.
template <typename Object>
struct ObjectSchema;

template <typename Object>
concept Described = requires {
  ObjectSchema<Object>::name;
};

// Specialized for each enumeration: `values`, the text of each enumerator in order, the first one being 0.
template <typename Enumeration>
struct EnumerationTexts;

template <typename Value>
concept Named = std::is_enum_v<Value> && requires {
  EnumerationTexts<Value>::values;
};

template <typename Value>
struct IsList : std::false_type {};
template <typename Element>
struct IsList<std::vector<Element>> : std::true_type {
  using Type = Element;
};

template <typename Value>
constexpr Shape shape_of() {
  using Kind = Shape::Kind;
  if constexpr (std::same_as<Value, bool>) {
    return {Kind::boolean};
  } else if constexpr (Named<Value>) {
    return {.kind = Kind::text, .values = EnumerationTexts<Value>::values};
  } else if constexpr (std::integral<Value> || std::same_as<Value, std::chrono::seconds>) {
    return {Kind::number};
  } else if constexpr (std::same_as<Value, std::optional<std::string_view>>) {
    return {.kind = Kind::text, .is_nullable = true};
  } else if constexpr (std::convertible_to<Value, std::string_view>) {
    return {Kind::text};
  } else if constexpr (IsList<Value>::value) {
    return {Kind::list, shape_of<typename IsList<Value>::Type>().object};
  } else if constexpr (std::same_as<Value, std::optional<topo::InstanceKey>>) {
    return shape_of<topo::InstanceKey>();
  } else {
    return {Kind::object, ObjectSchema<Value>::name};
  }
}

template <Described Object>
void write_object(Writer& writer, const Object& object) {
  writer.StartObject();
  for (const auto& field : ObjectSchema<Object>::fields) {
    write_name(writer, field.member.name);
    field.write(writer, object);
  }
  writer.EndObject();
}

template <typename Value>
void write_value(Writer& writer, const Value& value) {
  if constexpr (std::same_as<Value, bool>) {
    writer.Bool(value);
  } else if constexpr (Named<Value>) {
    write_text(writer, EnumerationTexts<Value>::values.at(static_cast<std::size_t>(value)));
  } else if constexpr (std::unsigned_integral<Value>) {
    writer.Uint64(value);
  } else if constexpr (std::signed_integral<Value>) {
    writer.Int64(value);
  } else if constexpr (std::same_as<Value, std::chrono::seconds>) {
    writer.Int64(value.count());
  } else if constexpr (std::same_as<Value, std::optional<std::string_view>>) {
    value ? write_text(writer, *value) : static_cast<void>(writer.Null());
  } else if constexpr (std::convertible_to<Value, std::string_view>) {
    write_text(writer, value);
  } else if constexpr (IsList<Value>::value) {
    writer.StartArray();
    for (const auto& element : value) write_value(writer, element);
    writer.EndArray();
  } else if constexpr (std::same_as<Value, std::optional<topo::InstanceKey>>) {
    write_object(writer, value.value_or(topo::InstanceKey{}));  // no instance: "" and 0
  } else {
    write_object(writer, value);
  }
}

// A field whose value `get`, a lambda without captures, returns: by value, or by reference into the object.
template <typename Object, typename Get>
constexpr Field<Object> field(std::string_view name, std::string_view meaning, Get) {
  using Value = std::remove_cvref_t<std::invoke_result_t<Get, const Object&>>;
  return {{name, shape_of<Value>(), meaning},
          [](Writer& writer, const Object& object) { write_value(writer, Get{}(object)); }};
}

// "Steps" of an answer, unless there are none.
void write_steps(Writer& writer, const std::vector<topo::refactor::StepReport>& steps);
// The JSON of a payload, by its index (Payload::index()).
[[nodiscard]] Shape shape_of_payload(std::size_t index);
// The description of an instance, from topo::instance_fields().
[[nodiscard]] Schema instance_schema();
// All types of objects, in the order of the description of the API.
[[nodiscard]] const std::vector<Schema>& schemas();

}  // namespace orchestrator::json
