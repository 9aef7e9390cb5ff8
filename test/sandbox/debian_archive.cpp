#include "sandbox/debian_archive.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "sandbox/child.h"
#include "topo/base/error.h"

namespace sandbox {
namespace {

constexpr std::string_view archive_keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";

std::string codename() {
  std::ifstream file("/etc/os-release");
  constexpr std::string_view key = "VERSION_CODENAME=";
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(key)) return line.substr(key.size());
  }
  return "";
}

// apt itself reports its sources, whatever their format, even before the first `apt-get update`. Security and
// update suites have mirrors of their own, without other suites.
std::string mirror() {
  const std::set<std::string> plain_suites{codename(), "stable",   "oldstable", "oldoldstable",
                                           "testing",  "unstable", "sid"};
  std::istringstream targets(run({.command = {"apt-get", "indextargets", "--no-release-info", "--format",
                                              "$(REPO_URI) $(RELEASE)", "Created-By: Packages"}}));
  std::string uri, release;
  while (targets >> uri >> release) {
    if (plain_suites.contains(release)) return uri;
  }
  throw topo::Error(topo::Code::refused,
                    "apt's sources name no Debian mirror, so there is none to take packages from; add one");
}

bool is_library(std::string_view package) {
  return package.starts_with("lib") || package.starts_with("zlib");
}

// Parses the output of `apt-cache depends --recurse`: one package per line, its dependencies indented below.
std::map<std::string, std::vector<std::string>> parse_dependencies(const std::string& text) {
  std::map<std::string, std::vector<std::string>> result;
  std::istringstream lines(text);
  std::string package;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) continue;
    if (line.front() != ' ') {
      package = line;
      continue;
    }
    const auto colon = line.find(": ");
    // Names in angle brackets are virtual; the packages that provide them follow on separate lines.
    if (colon != std::string::npos && line[colon + 2] != '<')
      result[package].push_back(line.substr(colon + 2));
  }
  return result;
}

}  // namespace

DebianArchive::DebianArchive(const std::string& suite) {
  const auto& folder = work_.path();
  std::filesystem::create_directories(folder / "lists/partial");
  std::filesystem::create_directories(folder / "cache/archives/partial");
  // A release's mirror entry may name only the key of that release; other suites are signed with other keys,
  // all of which the archive keyring contains.
  const std::string option =
      std::filesystem::exists(archive_keyring) ? fmt::format("[signed-by={}] ", archive_keyring) : "";
  std::ofstream(folder / "sources.list") << fmt::format("deb {}{} {} main\n", option, mirror(), suite);
  // apt reads this after the machine's own settings, such as proxies, which stay in force. Hooks that
  // maintain the system's own cache are cleared: they need root and do not concern this cache.
  std::ofstream(folder / "apt.conf") << fmt::format(R"(
Dir::Etc::sourcelist "{0}/sources.list";
Dir::Etc::sourceparts "-";
Dir::State::Lists "{0}/lists";
Dir::State::status "/dev/null";
Dir::Cache "{0}/cache";
APT::Sandbox::User "";
Debug::NoLocking "1";
Acquire::Languages "none";
Acquire::Retries "2";
Acquire::http::Timeout "20";
Acquire::https::Timeout "20";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
)",
                                                    folder.string());
  // For apt-get an unreachable mirror is only a warning, and it continues without packages.
  apt("apt-get", {"--error-on=any", "update"});
}

std::string DebianArchive::apt(const std::string& program, const std::vector<std::string>& arguments) const {
  std::vector<std::string> command{program, "-q", "-c", (work_.path() / "apt.conf").string()};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return run({.command = command, .environment = {"LC_ALL=C"}, .folder = work_.path()});
}

std::vector<std::string> DebianArchive::with_libraries(const std::string& package) const {
  const auto dependencies =
      parse_dependencies(apt("apt-cache", {"depends", "--recurse", "--important", package}));
  std::vector<std::string> result{package};
  for (std::size_t next = 0; next < result.size(); ++next) {
    const auto found = dependencies.find(result[next]);
    if (found == dependencies.end()) continue;
    for (const std::string& needed : found->second) {
      if (is_library(needed) && std::ranges::find(result, needed) == result.end()) result.push_back(needed);
    }
  }
  return result;
}

void DebianArchive::unpack(const std::vector<std::string>& packages,
                           const std::filesystem::path& folder) const {
  for (const char* name : {"lib", "lib64", "bin", "sbin"}) {
    std::filesystem::create_directories(folder / "usr" / name);
    std::filesystem::create_directory_symlink(std::filesystem::path("usr") / name, folder / name);
  }
  std::vector<std::string> arguments{"download"};
  arguments.insert(arguments.end(), packages.begin(), packages.end());
  apt("apt-get", arguments);
  for (const auto& file : std::filesystem::directory_iterator(work_.path())) {
    if (file.path().extension() != ".deb") continue;
    run({.command = {"sh", "-c",
                     "dpkg-deb --fsys-tarfile \"$1\" | tar -x --keep-directory-symlink --no-same-owner "
                     "--exclude=./usr/share/doc --exclude=./usr/share/man -C \"$2\"",
                     "sh", file.path().string(), folder.string()}});
    std::filesystem::remove(file.path());
  }
}

}  // namespace sandbox
