#include "sandbox/data_template.h"

#include <fmt/format.h>

#include <fstream>
#include <functional>

#include "sandbox/accounts.h"
#include "sandbox/child.h"
#include "sandbox/server_options.h"
#include "sandbox/temporary.h"
#include "topo/base/error.h"

namespace sandbox {
namespace {

namespace fs = std::filesystem;

void append_file(std::ofstream& output, const fs::path& file) {
  const std::ifstream input(file);
  if (!input) throw topo::Error(topo::Code::refused, fmt::format("{} cannot be read", file.string()));
  output << input.rdbuf();
}

// MySQL 9.7 creates its system tables itself; the others need SQL files that come with them.
void write_setup_sql(const Installation& installation, const fs::path& file) {
  std::ofstream sql(file);
  const fs::path& share = installation.share_folder;
  if (installation.flavour == Flavour::mysql_5_6) {
    sql << "use mysql;\n";
    for (const char* part : {"system_tables", "system_tables_data"}) {
      append_file(sql, share / fmt::format("mysql_{}.sql", part));
    }
  } else if (is_mariadb(installation.flavour)) {
    sql << "set @auth_root_socket = null;\nuse mysql;\n";
    const bool renamed = fs::exists(share / "mariadb_system_tables.sql");
    for (const char* part : {"system_tables", "performance_tables", "system_tables_data"}) {
      append_file(sql, share / fmt::format("{}_{}.sql", renamed ? "mariadb" : "mysql", part));
    }
  }
  sql << create_accounts(installation.flavour);
}

void copy_sparsely(const fs::path& from, const fs::path& to) {
  run({.command = {"cp", "-a", "--sparse=always", from.string(), to.string()}});
}

void make(const Installation& installation, const fs::path& folder) {
  const fs::path data = folder / "made";
  const fs::path sql = folder / "setup.sql";
  fs::create_directories(data);
  const bool reads_input = installation.flavour != Flavour::mysql_9_7;
  if (reads_input) fs::create_directories(data / "mysql");
  write_setup_sql(installation, sql);
  run({.command = setup_command(installation, data, sql),
       .environment = installation.environment,
       .input = reads_input ? sql : fs::path()});
  fs::remove(data / "auto.cnf");         // contains a server_uuid, which must be unique
  copy_sparsely(data, folder / "data");  // copies need not read the files' many zeros
  fs::remove_all(data);
}

// A change of the setup gives another template.
std::size_t recipe(Flavour flavour) {
  const Installation somewhere{.flavour = flavour};
  std::string text = create_accounts(flavour);
  for (const std::string& word : setup_command(somewhere, "", "")) text += word + '\n';
  return std::hash<std::string>{}(text);
}

}  // namespace

fs::path data_template(const Installation& installation) {
  const std::string prefix = fmt::format("{}.template", to_string(installation.flavour));
  const fs::path folder = cache_folder() / fmt::format("{}-{}-{:016x}", prefix, installation.version,
                                                       recipe(installation.flavour));
  if (fs::exists(folder)) return folder / "data";
  const FileLock lock(cache_folder() / (prefix + ".lock"));
  if (fs::exists(folder)) return folder / "data";
  try {
    const std::string unfinished = prefix + ".unfinished-";
    remove_leftovers(cache_folder(), unfinished);
    TemporaryFolder temporary(cache_folder(), unfinished);
    make(installation, temporary.path());
    temporary.keep_as(folder);
  } catch (const std::exception& error) {
    throw topo::Error(topo::Code::refused,
                      fmt::format("the data folder of {} {} cannot be set up: {}",
                                  to_string(installation.flavour), installation.version, error.what()));
  }
  return folder / "data";
}

void copy_template(const fs::path& data_template, Flavour flavour, const fs::path& data) {
  copy_sparsely(data_template, data);
  if (is_mariadb(flavour)) return;  // MariaDB has no UUID
  std::string uuid;
  std::ifstream("/proc/sys/kernel/random/uuid") >> uuid;
  std::ofstream(data / "auto.cnf") << "[auto]\nserver-uuid=" << uuid << '\n';
}

}  // namespace sandbox
