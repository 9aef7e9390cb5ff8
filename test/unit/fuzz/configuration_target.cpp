#include "unit/fuzz/configuration_target.h"

#include <stdexcept>
#include <string>

#include "base/shown_text.h"
#include "config/placeholders.h"
#include "config/values.h"
#include "mysql/query_text.h"
#include "topo/base/error.h"
#include "topo/base/one_line.h"
#include "topo/config/cluster_filter.h"
#include "topo/config/configuration.h"
#include "topo/config/credentials.h"

namespace fuzz {
namespace {

using topo::Code;
using topo::Error;

void require(bool condition, const std::string& what) {
  if (!condition) throw std::logic_error(what);
}

void require_sentence(const std::string& message, std::size_t longest) {
  require(!message.empty() && message.size() <= longest && topo::one_line(message) == message,
          "odd message: " + message);
}

void require_error_of_input(const Error& error) {
  constexpr std::size_t longest = 2500;
  require(error.code() == Code::invalid_argument, "odd code");
  require_sentence(error.what(), longest);
}

std::string as_json(const topo::Configuration& configuration) {
  std::string json = "{";
  for (const auto& section : topo::config::sections()) {
    for (const auto& key : section.keys) {
      // The file it names would be read, and need not exist.
      if (key.name.ends_with("CredentialsConfigFile")) continue;
      json += '"' + std::string(key.name) + "\":" + topo::config::json_of(configuration, key) + ',';
    }
  }
  return json + "}";
}

}  // namespace

bool configuration(std::string_view bytes) {
  try {
    const auto loaded = topo::parse_configuration(std::string(bytes), "fuzz.json");
    constexpr std::size_t longest = 100'000;  // one of keys without effect names them all
    for (const auto& warning : loaded.warnings) require_sentence(warning.text, longest);
    const auto json = as_json(loaded.configuration);
    const auto again = topo::parse_configuration(json, "again.json").configuration;
    require(as_json(again) == json, "not the same when read again");
    return true;
  } catch (const Error& error) {
    require_error_of_input(error);
    return false;
  }
}

bool credentials(std::string_view bytes) {
  std::vector<std::string> warnings;
  try {
    const auto found = topo::config::parse_credentials(bytes, "fuzz.cnf", warnings);
    require(!found.user.empty(), "no user and no error");
    return true;
  } catch (const Error& error) {
    require_error_of_input(error);
    return false;
  }
}

bool configured_text(std::string_view bytes) {
  const auto query = topo::mysql::parse_query_text(bytes);
  require(query.statements <= bytes.size(), "more statements than characters");
  for (const bool before : {true, false}) {
    for (const auto& name : topo::config::unknown_placeholders(bytes, before))
      require(bytes.find('{' + name + '}') != std::string_view::npos, "a placeholder that is not there");
  }
  try {
    static_cast<void>(topo::ClusterFilter(bytes).matches("db1:3306", "shop"));
    return true;
  } catch (const Error& error) {
    require_error_of_input(error);
    return false;
  }
}

}  // namespace fuzz
