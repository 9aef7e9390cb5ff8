// Writes the man pages of the programs and of the configuration file, and the shell completion, at build
// time. They are made from the catalogue and from the configuration keys.
//
//   orchestrator-manual FOLDER
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "common/catalogue.h"
#include "common/flags.h"
#include "common/help.h"
#include "common/version.h"
#include "topo/config/configuration.h"

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

std::string header(std::string_view name, int section) {
  return fmt::format(".TH {} {} \"\" \"orchestrator {}\"\n", roff(name), section,
                     roff(orchestrator::version()));
}

constexpr std::string_view configuration_file =
    ".SH FILES\n.TP\n.I /etc/orchestrator.conf.json\nconfiguration, see\n.BR orchestrator.conf.json (5)\n";

std::string command_line_page() {
  auto page = header("ORCHESTRATOR", 1);
  page += fmt::format(
      ".SH NAME\norchestrator \\- discover, show and rearrange MySQL and MariaDB replication topologies, and "
      "recover the "
      "replicas of dead masters\n"
      ".SH SYNOPSIS\n.B orchestrator \\-c\n.I COMMAND\n[\n.B \\-i\n.I INSTANCE\n]\n.I [FLAG]...\n.br\n"
      ".B orchestrator\n.I [FLAG]...\n.B http\n.br\n.B orchestrator help\n.I COMMAND\n"
      ".SH FLAGS\nFlags take one dash or two.\n{}.SH COMMANDS\n",
      verbatim(orchestrator::flags_help()));
  for (const auto& operation : catalogue()) {
    if (!operation.on_command_line) continue;
    page +=
        fmt::format(".SS {}\n{}", roff(operation.name), verbatim(orchestrator::operation_help(operation)));
  }
  page +=
      ".SH EXIT STATUS\n.TP\n.B 0\nsuccess\n.TP\n.B 1\nthe command is unknown, lacks a flag or failed, or "
      "left a server in an unintended state\n"
      ".TP\n.B 2\nthe command line cannot be parsed\n";
  page += configuration_file;
  page += ".SH SEE ALSO\n.BR orchestrator\\-http (8),\n.BR orchestrator\\-discovery (8)\n";
  return page;
}

// A program that serves until it is stopped; `description` is roff.
std::string server_page(std::string_view name, std::string_view title, std::string_view summary,
                        std::string_view description, std::string_view flags) {
  auto page = header(title, 8);
  page += fmt::format(
      ".SH NAME\n{0} \\- {1}\n.SH SYNOPSIS\n.B {0}\n[\n.B \\-config\n.I FILE\n]\n.I [FLAG]...\n"
      ".SH DESCRIPTION\n{2}\n"
      ".SH FLAGS\nFlags take one dash or two.\n{4}"
      ".SH SIGNALS\n.TP\n.B SIGHUP\nread the configuration again\n"
      ".TP\n.BR SIGTERM \", \" SIGINT\nfinish what runs, and end\n"
      ".SH EXIT STATUS\n.TP\n.B 0\nended by a signal\n.TP\n.B 1\nfailed; the log has the reason\n"
      ".TP\n.B 2\nthe command line is wrong\n{3}.SH SEE ALSO\n.BR orchestrator (1)\n",
      roff(name), summary, description, configuration_file, verbatim(flags));
  return page;
}

std::string http_page() {
  return server_page(
      "orchestrator-http", "ORCHESTRATOR-HTTP", "serve orchestrator's API and web pages",
      "Serves the API and the web pages at the ListenAddress of the configuration, and polls all "
      "known instances unless\n.B \\-discovery=false\nis given. Several of these programs may share "
      "a MySQL backend; one of them polls.\n.PP\nThe same as\n.BR \"orchestrator http\" .",
      orchestrator::server_flags_help(true));
}

std::string discovery_page() {
  return server_page(
      "orchestrator-discovery", "ORCHESTRATOR-DISCOVERY", "discover and poll replication topologies",
      "Polls all known instances and discovers their masters and replicas, without a server for "
      "clients.\n.PP\nThe same as\n.BR \"orchestrator \\-c continuous\" .",
      orchestrator::server_flags_help(false));
}

std::string configuration_page() {
  return fmt::format(
      "{}.SH NAME\norchestrator.conf.json \\- configuration of orchestrator\n"
      ".SH DESCRIPTION\nA JSON file that may have comments. All keys are optional; their names are "
      "case\\-insensitive. Below are all of them with their defaults.\n.PP\n"
      ".B orchestrator \\-c check\\-config\nreports what is wrong with the files.\n"
      ".SH KEYS\n{}.SH SEE ALSO\n.BR orchestrator (1),\n.BR orchestrator\\-http (8)\n",
      header("ORCHESTRATOR.CONF.JSON", 5), verbatim(topo::configuration_reference(true)));
}

void add_word(std::string& words, std::string_view word, std::string_view separator = " ") {
  words += fmt::format("{}{}", words.empty() ? "" : separator, word);
}

std::string words_of_flags(std::string_view dashes) {
  std::string words;
  for (const auto& flag : orchestrator::all_flags())
    if (flag.same_as.empty()) add_word(words, fmt::format("{}{}", dashes, flag.name));
  return words;
}

// The flags in the pattern of a case of the shell, as in "-i | --i".
template <class Predicate>
std::string pattern_of_flags(Predicate is_wanted) {
  std::string words;
  for (const auto& flag : orchestrator::all_flags())
    if (is_wanted(flag)) add_word(words, fmt::format("-{0} | --{0}", flag.name), " | ");
  return words;
}

std::string words_of_commands() {
  std::string words;
  for (const auto& operation : catalogue()) {
    if (!operation.on_command_line) continue;
    add_word(words, operation.name);
    for (const auto alias : operation.aliases) add_word(words, alias);
  }
  return words;
}

std::string bash_completion() {
  using orchestrator::Flag;
  constexpr std::string_view command = "COMMAND";
  constexpr std::string_view file = "FILE";
  const auto takes_file = [&](const Flag& flag) { return flag.value == file; };
  const auto takes_text = [&](const Flag& flag) {
    return !flag.value.empty() && flag.value != command && flag.value != file;
  };
  const auto is_switch = [](const Flag& flag) { return flag.value.empty(); };
  return fmt::format(
      R"(# bash completion for orchestrator
_orchestrator() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} assigned=
  COMPREPLY=()
  # bash makes "=" a word of its own
  if [[ $word == "=" ]]; then
    word='' assigned=yes
  elif [[ $before == "=" && $COMP_CWORD -ge 2 ]]; then
    before=${{COMP_WORDS[COMP_CWORD-2]}} assigned=yes
  fi
  case $before in
    -c | --c | help)
      mapfile -t COMPREPLY < <(compgen -W "{commands}" -- "$word")
      return ;;
    {file_flags})
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -f -- "$word")
      return ;;
    {text_flags})
      return ;;
    {switches})
      if [[ $assigned ]]; then
        mapfile -t COMPREPLY < <(compgen -W "true false" -- "$word")
        return
      fi ;;
  esac
  case $word in
    --*) mapfile -t COMPREPLY < <(compgen -W "{long_flags}" -- "$word") ;;
    -*) mapfile -t COMPREPLY < <(compgen -W "{flags}" -- "$word") ;;
    *) [[ ${{1##*/}} == *-* ]] || mapfile -t COMPREPLY < <(compgen -W "http cli help" -- "$word") ;;
  esac
}}
complete -F _orchestrator orchestrator orchestrator-http orchestrator-discovery
)",
      fmt::arg("commands", words_of_commands()), fmt::arg("file_flags", pattern_of_flags(takes_file)),
      fmt::arg("text_flags", pattern_of_flags(takes_text)), fmt::arg("switches", pattern_of_flags(is_switch)),
      fmt::arg("long_flags", words_of_flags("--")), fmt::arg("flags", words_of_flags("-")));
}

struct File {
  std::string_view name;
  std::string (*write)();
};
constexpr File files[] = {
    {"orchestrator.1", command_line_page},        {"orchestrator-http.8", http_page},
    {"orchestrator-discovery.8", discovery_page}, {"orchestrator.conf.json.5", configuration_page},
    {"bash-completion", bash_completion},
};

}  // namespace

int main(int count, char** words) {
  if (count != 2) {
    fmt::print(stderr, "Expected one word: the folder for the files\n");
    return 2;
  }
  for (const auto& file : files) {
    const auto path = std::filesystem::path(words[1]) / file.name;
    std::ofstream out(path, std::ios::binary);
    out << file.write() << std::flush;
    if (!out) {
      fmt::print(stderr, "Cannot write {}\n", path.string());
      return 1;
    }
  }
  return 0;
}
