// Writes the man page of the command line and its shell completion from the catalogue, at build time.
//
//   orchestrator-manual man > orchestrator.1
//   orchestrator-manual bash-completion > orchestrator
#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <string_view>

#include "common/catalogue.h"
#include "common/flags.h"
#include "common/help.h"
#include "common/version.h"

namespace {

using orchestrator::catalogue;

// Text for roff: a line must not begin with a control character, and "-" is a hyphen unless escaped.
std::string roff(std::string_view text) {
  std::string escaped;
  bool at_line_start = true;
  for (const char c : text) {
    if (at_line_start && (c == '.' || c == '\'')) escaped += "\\&";
    if (c == '\\')
      escaped += "\\e";
    else if (c == '-')
      escaped += "\\-";
    else
      escaped += c;
    at_line_start = c == '\n';
  }
  return escaped;
}

std::string verbatim(std::string_view text) {
  return fmt::format(".nf\n{}.fi\n", roff(text));
}

std::string man_page() {
  auto page = fmt::format(
      ".TH ORCHESTRATOR 1 \"\" \"orchestrator {}\" \"User Commands\"\n"
      ".SH NAME\norchestrator \\- map, show and rearrange MySQL and MariaDB replication topologies\n"
      ".SH SYNOPSIS\n.B orchestrator \\-c\n.I COMMAND\n[\n.B \\-i\n.I INSTANCE\n]\n.I [FLAG]...\n.br\n"
      ".B orchestrator\n.I [FLAG]...\n.B http\n.br\n.B orchestrator help\n.I COMMAND\n"
      ".SH FLAGS\nFlags take one dash or two.\n{}.SH COMMANDS\n",
      roff(orchestrator::version()), verbatim(orchestrator::flags_help()));
  for (const auto& operation : catalogue()) {
    if (!operation.on_command_line) continue;
    page +=
        fmt::format(".SS {}\n{}", roff(operation.name), verbatim(orchestrator::operation_help(operation)));
  }
  page +=
      ".SH EXIT STATUS\n.TP\n.B 0\nsuccess\n.TP\n.B 1\nthe command failed, or left a server other than it "
      "should be\n"
      ".TP\n.B 2\nthe command line is wrong\n"
      ".SH FILES\n.TP\n.I /etc/orchestrator.conf.json\nconfiguration; "
      "`orchestrator \\-c dump\\-config\\-reference` prints all keys\n";
  return page;
}

std::string words_of_flags() {
  std::string words;
  for (const auto& flag : orchestrator::flag_names())
    words += fmt::format("{}-{}", words.empty() ? "" : " ", flag);
  return words;
}

std::string words_of_commands() {
  std::string words;
  for (const auto& operation : catalogue()) {
    if (operation.on_command_line) words += fmt::format("{}{}", words.empty() ? "" : " ", operation.name);
  }
  return words;
}

std::string bash_completion() {
  return fmt::format(R"(# bash completion for orchestrator
_orchestrator() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}}
  case $before in
    -c | --c | help)
      mapfile -t COMPREPLY < <(compgen -W "{}" -- "$word")
      return ;;
    -config | --config | -replication-credentials | --replication-credentials)
      mapfile -t COMPREPLY < <(compgen -f -- "$word")
      return ;;
  esac
  case $word in
    -*) mapfile -t COMPREPLY < <(compgen -W "{}" -- "$word") ;;
    *) mapfile -t COMPREPLY < <(compgen -W "http cli help" -- "$word") ;;
  esac
}}
complete -F _orchestrator orchestrator
)",
                     words_of_commands(), words_of_flags());
}

}  // namespace

int main(int count, char** words) {
  const std::string_view what = count == 2 ? words[1] : "";
  if (what != "man" && what != "bash-completion") {
    fmt::print(stderr, "Expected one word: man or bash-completion\n");
    return 2;
  }
  fmt::print("{}", what == "man" ? man_page() : bash_completion());
  return 0;
}
