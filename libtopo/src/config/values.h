// Values of the configuration file: from JSON into a Configuration, and back.
#pragma once

#include <rapidjson/document.h>

#include <string>

#include "config/keys.h"

namespace topo::config {

// Sets the member of `key`, checked; null sets its default, maps are merged, everything else is replaced.
// Throws Error{invalid_argument}, naming `file`, the key, the value (unless it is secret) and what would be
// right.
void set_value(Configuration& configuration, const Key& key, const rapidjson::Value& value,
               const std::string& file);

// The member of `key` as JSON, on one line.
[[nodiscard]] std::string json_of(const Configuration& configuration, const Key& key);

}  // namespace topo::config
