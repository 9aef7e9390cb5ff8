// Converts values of the configuration file from JSON into a Configuration, and back.
#pragma once

#include <rapidjson/document.h>

#include <string>

#include "config/keys.h"

namespace topo::config {

// Checks the value and sets the member of `key`; null sets the default, maps are merged, other values are
// replaced. Throws Error{invalid_argument} with `file`, the key, the value (unless secret) and the expected
// value.
void set_value(Configuration& configuration, const Key& key, const rapidjson::Value& value,
               const std::string& file);

// The member of `key` as JSON, on one line.
[[nodiscard]] std::string json_of(const Configuration& configuration, const Key& key);

}  // namespace topo::config
