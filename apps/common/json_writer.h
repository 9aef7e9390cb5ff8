// Writers for the JSON of the API: field names and their order are part of the interface.
#pragma once

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cstdint>
#include <string_view>

#include "topo/base/instance_key.h"
#include "topo/model/instance.h"
#include "topo/topology/status.h"

namespace orchestrator::json {

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

// Each byte that is not UTF-8, as a server's error message may contain, becomes U+FFFD.
void write_text(Writer& writer, std::string_view text);

inline void write_name(Writer& writer, std::string_view name) {
  writer.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
}
inline void write_field(Writer& writer, std::string_view name, bool value) {
  write_name(writer, name);
  writer.Bool(value);
}
inline void write_field(Writer& writer, std::string_view name, std::uint64_t value) {
  write_name(writer, name);
  writer.Uint64(value);
}
inline void write_field(Writer& writer, std::string_view name, std::string_view value) {
  write_name(writer, name);
  write_text(writer, value);
}
// A string literal would convert to bool instead of text.
void write_field(Writer& writer, std::string_view name, const char* value) = delete;

void write(Writer& writer, const topo::InstanceKey& key);
// The limits determine the problems of the instance.
void write(Writer& writer, const topo::KnownInstance& known, const topo::StatusLimits& limits);

}  // namespace orchestrator::json
