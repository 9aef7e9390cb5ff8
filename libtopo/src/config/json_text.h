// The configuration file's JSON: an object, comments and trailing commas allowed.
#pragma once

#include <rapidjson/document.h>

#include <string>

namespace topo::config {

// Parses `text`, which has passed check_text. Throws Error{invalid_argument}, naming `name`, line and column,
// for what is not JSON or nested deeper than any value of a configuration, and when it is not an object.
[[nodiscard]] rapidjson::Document parse_json_object(const std::string& text, const std::string& name);

}  // namespace topo::config
