#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "config/keys.h"
#include "config/values.h"
#include "topo/config/configuration.h"

namespace topo {
namespace {

constexpr std::size_t width = 110;

// `text` as // lines of at most `width` columns.
void append_comment(std::string& out, std::string_view text) {
  std::string line = "  //";
  while (!text.empty()) {
    const auto word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    if (line.size() + 1 + word.size() > width) {
      out += line + '\n';
      line = "  //";
    }
    line.append(" ").append(word);
  }
  out += line + '\n';
}

std::string upper_case(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return upper;
}

}  // namespace

std::string configuration_reference(bool commented) {
  const Configuration defaults;
  std::string entries;
  for (const auto& section : config::sections()) {
    if (!entries.empty()) entries += ",\n\n";
    if (commented) entries += fmt::format("  // {}\n\n", upper_case(section.title));
    bool first = true;
    for (const auto& key : section.keys) {
      if (!first) entries += commented ? ",\n\n" : ",\n";
      first = false;
      if (commented) {
        append_comment(entries, key.meaning);
        append_comment(entries, fmt::format("Type: {}.{}", config::type_name(key),
                                            key.at_start ? " Counts at the start of a process." : ""));
      }
      entries += fmt::format("  \"{}\": {}", key.name, config::json_of(defaults, key));
    }
  }
  return fmt::format("{{\n{}\n}}\n", entries);
}

}  // namespace topo
