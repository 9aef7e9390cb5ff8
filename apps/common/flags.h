// Flags: the options of all three programs, in the syntax that scripts written for orchestrator use.
//
// One dash or two, "-name value" or "-name=value", before, between and after other words; "--" ends them. A
// switch takes a value only as "-name=false", never as the next word.
#pragma once

#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace orchestrator {

struct Flags {
  std::string config;
  std::string command;   // -c
  std::string instance;  // -i
  std::string sibling;   // -s
  std::string owner;
  std::string reason;
  std::string duration;
  std::string pattern;
  std::string alias;
  std::string binlog;
  std::string replication_user;
  std::string replication_password;  // secret
  std::string replication_credentials;
  bool strict = false;
  bool dry_run = false;
  bool discovery = true;
  bool verbose = false;
  bool debug = false;
  bool stack = false;
  bool help = false;
  bool version = false;
  std::vector<std::string> words;  // words that are not flags: "cli", "http", the subject of help

  bool instance_given = false;  // also true for ""
  bool command_given = false;
  bool alias_given = false;  // also true for "", which removes the alias
};

// The command line cannot be parsed; the message names the word and the reason.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// `arguments` without the program's name. Throws UsageError.
[[nodiscard]] Flags parse_flags(std::span<const char* const> arguments);

// Overwrites the passwords among the arguments of main() (without the program's name), because other users of
// this host can see them.
void hide_secrets(std::span<char* const> arguments);

// Each flag with its meaning, one per line.
[[nodiscard]] std::string flags_help();

}  // namespace orchestrator
