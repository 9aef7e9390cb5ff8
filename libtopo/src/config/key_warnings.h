// What is said about the keys of one configuration file.
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
  // `file` stands for it in messages.
  explicit KeyWarnings(std::string file) : file_(std::move(file)) {}

  void add_known(const Key& key, const rapidjson::Value& value);
  // Of a key that stands there twice, as it is spelled in either place.
  void add_repeated(std::string_view former, std::string_view spelling);
  // Of a key that find_key() does not know. One that begins with # or // is a comment.
  void add_unknown(std::string_view name, const rapidjson::Value& value);

  // Those that guard something and likely misspellings are all told; of others that nobody knows, some.
  [[nodiscard]] std::vector<ConfigurationWarning> take();

 private:
  void add(ConfigurationWarning::Kind kind, std::string text);
  void add_foreign(const ForeignKey& key, const rapidjson::Value& value);

  std::string file_;
  std::vector<ConfigurationWarning> warnings_;
  std::map<std::string_view, std::vector<std::string_view>> idle_;  // by the reason, which may be ""
  std::size_t unknown_ = 0;
};

}  // namespace topo::config
