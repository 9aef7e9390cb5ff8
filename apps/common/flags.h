// Flags: the options of all three programs, in the syntax that scripts written for orchestrator use.
//
// One dash or two, "-name value" or "-name=value", before, between and after other words; "--" ends them.
// A switch takes a value only as "-name=false" and never the next word.
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
  std::vector<std::string> words;  // what is no flag: "cli", "http", the subject of help

  bool instance_given = false;  // even if as ""
  bool command_given = false;
  bool alias_given = false;  // even if as "", which takes it away
};

// The command line cannot be understood; the message says which word and why.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// `arguments` without the program's name. Throws UsageError.
[[nodiscard]] Flags parse_flags(std::span<const char* const> arguments);

// Overwrites the passwords among the arguments of main(), the program's name left out, which other users of
// this host may see.
void hide_secrets(std::span<char* const> arguments);

// Each flag with its meaning, a line each.
[[nodiscard]] std::string flags_help();

}  // namespace orchestrator
