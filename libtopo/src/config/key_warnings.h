// Collects warnings about the keys of one configuration file.
#pragma once

#include <rapidjson/document.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/foreign_keys.h"
#include "config/keys.h"

namespace topo::config {

class KeyWarnings {
 public:
  // `file` is the file name in messages.
  explicit KeyWarnings(std::string file) : file_(std::move(file)) {}

  // `spelling` is the name in the file.
  void add_known(const Key& key, std::string_view spelling, const rapidjson::Value& value);
  // For a duplicate key, with both spellings.
  void add_repeated(std::string_view former, std::string_view spelling);
  // For a key unknown to find_key(). Names that start with # or // are comments.
  void add_unknown(std::string_view name, const rapidjson::Value& value);

  // All ineffective protections and likely misspellings; other unknown keys up to a limit.
  [[nodiscard]] std::vector<ConfigurationWarning> take();

 private:
  void add(ConfigurationWarning::Kind kind, std::string text);
  void add_foreign(const ForeignKey& key, std::string_view spelling, const rapidjson::Value& value);

  std::string file_;
  std::vector<ConfigurationWarning> warnings_;
  std::map<std::string_view, std::vector<std::string>> idle_;  // by reason, possibly ""
  std::size_t unknown_ = 0;
};

}  // namespace topo::config
