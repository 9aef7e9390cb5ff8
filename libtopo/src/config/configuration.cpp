#include "topo/config/configuration.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <system_error>
#include <utility>

#include "base/shown_text.h"
#include "config/json_text.h"
#include "config/key_warnings.h"
#include "config/keys.h"
#include "config/placeholders.h"
#include "config/text_file.h"
#include "config/values.h"
#include "pgtid/injection.h"
#include "pgtid/pattern.h"
#include "topo/base/error.h"
#include "topo/config/credentials.h"
#include "topo/config/tls_files.h"

namespace topo {
namespace {

using Kind = ConfigurationWarning::Kind;

// Applies files in order over the defaults. Collects errors and continues where possible.
class Loading {
 public:
  void lay_over(const std::string& text, const std::string& name, bool readable_by_others);
  void lay_over(const std::filesystem::path& file, const config::TextFile& read) {
    loaded_.files.push_back(file);
    lay_over(read.text, shown_text(file.string(), 300), read.readable_by_others);
  }
  // Runs `work` and records an Error that it throws as an error of the configuration.
  template <typename Work>
  void attempt(const Work& work) {
    try {
      work();
    } catch (const Error& error) {
      loaded_.errors.emplace_back(error.what());
    }
  }
  LoadedConfiguration finish();

 private:
  void warn(Kind kind, std::string text) { loaded_.warnings.push_back({kind, std::move(text)}); }
  void require(bool condition, const char* sentence) {
    if (!condition) loaded_.errors.emplace_back(sentence);
  }
  void set_values(const rapidjson::Document& document, const std::string& name, bool readable_by_others);
  void read_credential_files();
  void check_backend();
  void check_access();
  void check_hooks();
  LoadedConfiguration loaded_;
};

void Loading::lay_over(const std::string& text, const std::string& name, bool readable_by_others) {
  attempt([&] { set_values(config::parse_json_object(text, name), name, readable_by_others); });
  read_credential_files();
}

void Loading::set_values(const rapidjson::Document& document, const std::string& name,
                         bool readable_by_others) {
  config::KeyWarnings warnings(name);
  std::map<const config::Key*, std::string_view> seen;
  bool has_password = false;
  for (const auto& [written, value] : document.GetObject()) {
    const std::string_view spelling{written.GetString(), written.GetStringLength()};
    const auto* key = config::find_key(spelling);
    if (!key) {
      if (!value.IsNull()) warnings.add_unknown(spelling, value);
      continue;
    }
    const auto [former, is_first] = seen.emplace(key, spelling);
    if (!is_first) warnings.add_repeated(former->second, spelling);
    attempt([&, &one = value] { config::set_value(loaded_.configuration, *key, one, name); });
    if (!value.IsNull()) warnings.add_known(*key, spelling, value);
    has_password = has_password || (key->secret && value.IsString() && value.GetStringLength() > 0);
  }
  for (auto& warning : warnings.take()) loaded_.warnings.push_back(std::move(warning));
  if (readable_by_others && has_password) warn(Kind::mistake, config::exposed_password_warning(name));
}

// Called after each file: a credentials file overrides the file that names it, and earlier files.
void Loading::read_credential_files() {
  auto& c = loaded_.configuration;
  const auto read = [&](const std::string& file, std::string_view key, std::string& user,
                        std::string& password) {
    if (file.empty()) return;
    attempt([&] {
      std::vector<std::string> odd;
      auto found = config::read_credentials(file, key, odd);
      for (auto& sentence : odd) warn(Kind::mistake, std::move(sentence));
      user = std::move(found.user);
      password = std::move(found.password);
    });
  };
  read(c.mysql_orchestrator_credentials_config_file, "MySQLOrchestratorCredentialsConfigFile",
       c.mysql_orchestrator_user, c.mysql_orchestrator_password);
  read(c.mysql_topology_credentials_config_file, "MySQLTopologyCredentialsConfigFile", c.mysql_topology_user,
       c.mysql_topology_password);
}

void Loading::check_backend() {
  const auto& c = loaded_.configuration;
  if (!c.uses_mysql_backend()) return;
  require(!c.mysql_orchestrator_host.empty(),
          "BackendDB is mysql, but MySQLOrchestratorHost is empty: name the backend's host, or use sqlite3");
  require(!c.mysql_orchestrator_database.empty(),
          "MySQLOrchestratorDatabase is empty: name the schema of the backend in which to keep the tables");
  require(!c.mysql_orchestrator_user.empty(),
          "MySQLOrchestratorUser is empty: name the account on the backend, here or in "
          "MySQLOrchestratorCredentialsConfigFile");
}

void Loading::check_access() {
  const auto& c = loaded_.configuration;
  require(
      c.authentication_method != "multi" || !c.http_auth_user.empty(),
      "AuthenticationMethod is multi, but HTTPAuthUser is empty: name the user, or leave the method empty");
  if (c.authentication_method == "basic" && c.http_auth_user.empty()) {
    warn(Kind::unguarded,
         "AuthenticationMethod is basic, but HTTPAuthUser is empty: every client has access without a "
         "password");
  }
  if (c.authentication_method.empty() && !c.http_auth_user.empty()) {
    warn(Kind::unguarded,
         "HTTPAuthUser is set, but AuthenticationMethod is empty: no client is asked for a password; set it "
         "to \"basic\" or \"multi\"");
  }
  if (c.power_auth_users != Configuration{}.power_auth_users && c.authentication_method != "proxy") {
    warn(
        Kind::unguarded,
        fmt::format("PowerAuthUsers is set, but AuthenticationMethod is \"{}\": it applies to \"proxy\" only",
                    c.authentication_method));
  }
  if (c.use_mutual_tls && !c.use_ssl)
    warn(Kind::unguarded,
         "UseMutualTLS is on, but UseSSL is off: clients need no certificate; turn UseSSL on");
}

void Loading::check_hooks() {
  for (const auto& section : config::sections()) {
    for (const auto& key : section.keys) {
      const auto* hooks = std::get_if<config::HookCommands>(&key.rule);
      if (hooks == nullptr) continue;
      std::size_t number = 0;
      for (const auto& command :
           loaded_.configuration.*std::get<std::vector<std::string> Configuration::*>(key.member)) {
        ++number;
        for (const auto& name : config::unknown_placeholders(command, hooks->before_recovery)) {
          warn(Kind::mistake,
               fmt::format(
                   "{{{}}} in command {} of {} is not a placeholder and is not replaced; placeholders are {}",
                   shown_text(name), number, key.name, config::known_placeholders(hooks->before_recovery)));
        }
      }
    }
  }
}

// Checks that involve several keys.
LoadedConfiguration Loading::finish() {
  check_backend();
  check_access();
  check_hooks();
  attempt([this] { loaded_.configuration.complete(); });
  std::set<std::string> said;
  auto& warnings = loaded_.warnings;
  std::erase_if(warnings, [&](const auto& warning) { return !said.insert(warning.text).second; });
  std::ranges::stable_sort(warnings, {}, &ConfigurationWarning::kind);
  return std::move(loaded_);
}

// Checks the TLS files that the configuration names; not done for text that is only parsed.
LoadedConfiguration with_file_errors(LoadedConfiguration loaded) {
  for (auto& error : unusable_tls_files(loaded.configuration)) {
    if (std::ranges::find(loaded.errors, error) == loaded.errors.end())
      loaded.errors.push_back(std::move(error));
  }
  return loaded;
}

std::string cannot_read(const std::filesystem::path& file) {
  return fmt::format("Cannot read the configuration file {}", shown_text(file.string(), 300));
}

// The --config option for check-config to read these files, quoted for a shell. Several files are always the
// default ones, which need no option.
std::string config_flag(const std::vector<std::filesystem::path>& files) {
  if (files.size() != 1) return "";
  const auto name = shown_text(files.front().string(), 300);
  const bool is_plain = std::ranges::all_of(name, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("/._-+").find(c) != std::string_view::npos;
  });
  if (is_plain) return " --config " + name;
  std::string quoted;
  for (const char c : name) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return fmt::format(" --config '{}'", quoted);
}

LoadedConfiguration usable(LoadedConfiguration loaded) {
  throw_if_unusable(loaded);
  return loaded;
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

void Configuration::throw_if_read_only(std::string_view what) const {
  if (read_only)
    throw Error(Code::refused, fmt::format("{} is refused: ReadOnly is set in the configuration", what));
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
  std::error_code gone;  // a deleted working directory has no files to read
  const auto working = std::filesystem::current_path(gone);
  if (!gone && !std::filesystem::equivalent(working, executable_folder, gone)) look_in(working);
  return files;
}

LoadedConfiguration examine_configuration(std::span<const std::filesystem::path> files) {
  Loading loading;
  const auto untouched_sample = configuration_reference(false);
  for (const auto& file : files) {
    loading.attempt([&] {
      const auto read = config::read_text_file(file, cannot_read(file));
      // An unchanged sample in the current working directory must not reset settings of /etc to defaults.
      if (read && read->text != untouched_sample) loading.lay_over(file, *read);
    });
  }
  return with_file_errors(loading.finish());
}

LoadedConfiguration examine_configuration(const std::filesystem::path& file) {
  Loading loading;
  loading.attempt([&] {
    const auto read = config::read_text_file(file, cannot_read(file));
    if (!read) throw Error(Code::invalid_argument, cannot_read(file) + ": it does not exist");
    loading.lay_over(file, *read);
  });
  return with_file_errors(loading.finish());
}

void throw_if_unusable(const LoadedConfiguration& loaded) {
  const auto& errors = loaded.errors;
  if (errors.empty()) return;
  if (errors.size() == 1) throw Error(Code::invalid_argument, errors.front());
  throw Error(Code::invalid_argument,
              fmt::format("{}; and {} more: `orchestrator -c check-config{}` lists all", errors.front(),
                          errors.size() - 1, config_flag(loaded.files)));
}

LoadedConfiguration load_configuration(std::span<const std::filesystem::path> files) {
  return usable(examine_configuration(files));
}

LoadedConfiguration load_configuration(const std::filesystem::path& file) {
  return usable(examine_configuration(file));
}

LoadedConfiguration parse_configuration(const std::string& json, const std::string& name) {
  const auto text = config::check_text(json, name);
  Loading loading;
  loading.lay_over(text, shown_text(name, 300), false);
  return usable(loading.finish());
}

}  // namespace topo
