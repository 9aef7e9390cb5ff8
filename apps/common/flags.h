// Flags: the options of all three programs, in the syntax that scripts written for orchestrator use.
//
// One dash or two, "-name value" or "-name=value", before, between and after other words; "--" ends them. A
// switch takes a value only as "-name=false", never as the next word.
#pragma once

#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace orchestrator {

struct Flags {
  std::string config;
  std::string command;  // -c
  // The values of the flags of parameters, by flag: {"pattern", "backup"}; a switch has "true" or "false".
  std::map<std::string_view, std::string> given;
  bool discovery = true;
  bool verbose = false;
  bool debug = false;
  bool stack = false;
  bool help = false;
  bool version = false;
  std::vector<std::string> words;  // words that are not flags: "cli", "http", the subject of help

  bool command_given = false;

  // nullptr: not given.
  [[nodiscard]] const std::string* value(std::string_view flag) const;
  [[nodiscard]] bool is_on(std::string_view flag) const;
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

struct Flag {
  std::string_view name;   // without dash
  std::string_view value;  // "": a switch
  std::string_view meaning;
  std::string_view same_as = {};  // not "": another spelling of that flag
};

// In the order of the help.
[[nodiscard]] const std::vector<Flag>& all_flags();
// Each flag with its meaning, one per line; a flag with different meanings has a line for each.
[[nodiscard]] std::string flags_help();
// Those of the servers only, which take no command.
[[nodiscard]] std::string server_flags_help(bool with_discovery);

}  // namespace orchestrator
