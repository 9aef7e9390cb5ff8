#include "topo/config/configuration.h"

#include <fmt/format.h>

#include <set>
#include <system_error>
#include <utility>

#include "base/shown_text.h"
#include "config/credentials.h"
#include "config/json_text.h"
#include "config/keys.h"
#include "config/text_file.h"
#include "config/values.h"
#include "pgtid/injection.h"
#include "pgtid/pattern.h"
#include "topo/base/error.h"

namespace topo {
namespace {

constexpr int most_unknown_keys = 20;  // that are told one by one

// Lays files over each other.
class Loading {
 public:
  void lay_over(const std::string& text, const std::string& name, bool readable_by_others);
  void lay_over(const std::filesystem::path& file, const config::TextFile& read) {
    loaded_.files.push_back(file);
    lay_over(read.text, shown_text(file.string(), 300), read.readable_by_others);
  }
  LoadedConfiguration finish();

 private:
  void warn_of_unknown(std::string_view key, const std::string& name, int count);
  void read_credential_files();
  LoadedConfiguration loaded_;
};

void Loading::lay_over(const std::string& text, const std::string& name, bool readable_by_others) {
  const auto document = config::parse_json_object(text, name);
  std::set<const config::Key*> seen;
  int unknown = 0;
  bool has_password = false;
  for (const auto& [written, value] : document.GetObject()) {
    const std::string_view spelling{written.GetString(), written.GetStringLength()};
    const auto* key = config::find_key(spelling);
    if (!key) {
      warn_of_unknown(spelling, name, ++unknown);
      continue;
    }
    if (!seen.insert(key).second) {
      loaded_.warnings.push_back(
          fmt::format("{} is given more than once in {}: the last value counts", key->name, name));
    }
    config::set_value(loaded_.configuration, *key, value, name);
    has_password = has_password || (key->secret && value.GetStringLength() > 0);
  }
  if (unknown > most_unknown_keys) {
    loaded_.warnings.push_back(
        fmt::format("{} more unknown keys in {} are ignored", unknown - most_unknown_keys, name));
  }
  if (readable_by_others && has_password) loaded_.warnings.push_back(config::exposed_password_warning(name));
  read_credential_files();
}

void Loading::warn_of_unknown(std::string_view key, const std::string& name, int count) {
  if (count > most_unknown_keys) return;
  const auto* nearest = config::nearest_key(key);
  loaded_.warnings.push_back(
      fmt::format("Unknown key \"{}\" in {}: {}", shown_text(key), name,
                  nearest ? fmt::format("did you mean {}?", nearest->name) : "it is ignored"));
}

// After each file, so that a file named by one overrides what that one and those before it say.
void Loading::read_credential_files() {
  auto& c = loaded_.configuration;
  const auto read = [&](const std::string& file, std::string_view key, std::string& user,
                        std::string& password) {
    if (file.empty()) return;
    auto found = config::read_credentials(file, key, loaded_.warnings);
    user = std::move(found.user);
    password = std::move(found.password);
  };
  read(c.mysql_orchestrator_credentials_config_file, "MySQLOrchestratorCredentialsConfigFile",
       c.mysql_orchestrator_user, c.mysql_orchestrator_password);
  read(c.mysql_topology_credentials_config_file, "MySQLTopologyCredentialsConfigFile", c.mysql_topology_user,
       c.mysql_topology_password);
}

// What no key alone can tell.
LoadedConfiguration Loading::finish() {
  auto& c = loaded_.configuration;
  const auto require = [](bool condition, const char* sentence) {
    if (!condition) throw Error(Code::invalid_argument, sentence);
  };
  if (c.uses_mysql_backend()) {
    require(
        !c.mysql_orchestrator_host.empty(),
        "BackendDB is mysql, but MySQLOrchestratorHost is empty: name the backend's host, or use sqlite3");
    require(!c.mysql_orchestrator_database.empty(),
            "MySQLOrchestratorDatabase is empty: name the schema of the backend in which to keep the tables");
  }
  require(
      c.authentication_method != "multi" || !c.http_auth_user.empty(),
      "AuthenticationMethod is multi, but HTTPAuthUser is empty: name the user, or leave the method empty");
  if (c.authentication_method == "basic" && c.http_auth_user.empty()) {
    loaded_.warnings.emplace_back(
        "AuthenticationMethod is basic, but HTTPAuthUser is empty: everybody may come in without a password");
  }
  c.complete();
  std::set<std::string> said;
  std::erase_if(loaded_.warnings, [&](const std::string& warning) { return !said.insert(warning).second; });
  return std::move(loaded_);
}

}  // namespace

bool Configuration::uses_mysql_backend() const {
  return backend_db.empty() ? !mysql_orchestrator_host.empty() : backend_db == "mysql";
}

void Configuration::complete() {
  if (!auto_pseudo_gtid) return;
  if (pseudo_gtid_pattern.empty()) pseudo_gtid_pattern = pgtid::injected_entry_pattern;
  const auto example = pgtid::EntrySequence(0).next(std::chrono::microseconds(0));
  if (pgtid::Pattern(pseudo_gtid_pattern).matches(example)) return;
  throw Error(
      Code::invalid_argument,
      fmt::format("AutoPseudoGTID injects \"{}\", which PseudoGTIDPattern \"{}\" does not find: leave "
                  "PseudoGTIDPattern empty, or AutoPseudoGTID off",
                  example, shown_text(pseudo_gtid_pattern, 300)));
}

std::vector<std::filesystem::path> default_configuration_files(
    const std::filesystem::path& executable_folder) {
  constexpr auto name = "orchestrator.conf.json";
  std::vector<std::filesystem::path> files{std::filesystem::path("/etc") / name};
  const auto look_in = [&](const std::filesystem::path& folder) {
    files.push_back(folder / "conf" / name);
    files.push_back(folder / name);
  };
  look_in(executable_folder);
  std::error_code gone;  // a working directory that was deleted has no files to read
  const auto working = std::filesystem::current_path(gone);
  if (!gone && !std::filesystem::equivalent(working, executable_folder, gone)) look_in(working);
  return files;
}

LoadedConfiguration load_configuration(std::span<const std::filesystem::path> files) {
  Loading loading;
  const auto untouched_sample = configuration_reference(false);
  for (const auto& file : files) {
    const auto read = config::read_text_file(file, "configuration file");
    // The sample as it comes, found in the folder that somebody happens to work in, must not set back to
    // defaults what /etc says.
    if (read && read->text != untouched_sample) loading.lay_over(file, *read);
  }
  return loading.finish();
}

LoadedConfiguration load_configuration(const std::filesystem::path& file) {
  const auto read = config::read_text_file(file, "configuration file");
  if (!read) {
    throw Error(Code::invalid_argument,
                fmt::format("Cannot read the configuration file {}: it does not exist",
                            shown_text(file.string(), 300)));
  }
  Loading loading;
  loading.lay_over(file, *read);
  return loading.finish();
}

LoadedConfiguration parse_configuration(const std::string& json, const std::string& name) {
  Loading loading;
  loading.lay_over(config::check_text(json, name), shown_text(name, 300), false);
  return loading.finish();
}

}  // namespace topo
