// JSON of the configuration file: an object; comments and trailing commas are allowed.
#pragma once

#include <rapidjson/document.h>

#include <string>

namespace topo::config {

// Parses `text`, which has passed check_text(). Throws Error{invalid_argument} with `name`, line and column
// for invalid JSON, for nesting deeper than a configuration needs, and for values other than objects.
[[nodiscard]] rapidjson::Document parse_json_object(const std::string& text, const std::string& name);

}  // namespace topo::config
