#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "config/keys.h"
#include "config/values.h"
#include "topo/config/configuration.h"

namespace topo {
namespace {

constexpr std::size_t width = 110;

// Appends `text` as // lines of at most `width` columns.
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

// The last entry has no trailing comma.
const config::Key* last_with_effect() {
  const config::Key* last = nullptr;
  for (const auto& section : config::sections()) {
    for (const auto& key : section.keys) {
      if (key.no_effect.empty()) last = &key;
    }
  }
  return last;
}

}  // namespace

std::string configuration_reference(bool commented) {
  const Configuration defaults;
  std::string text;
  bool is_first = true;
  for (const auto& section : config::sections()) {
    std::string entries;
    for (const auto& key : section.keys) {
      const bool has_effect = key.no_effect.empty();
      if (!has_effect && !commented) continue;
      if (commented) {
        if (!entries.empty()) entries += '\n';
        append_comment(entries, key.meaning);
        append_comment(entries, fmt::format("Type: {}.{}", config::type_name(key),
                                            key.at_start ? " Needs a restart." : ""));
        if (!has_effect)
          append_comment(entries, fmt::format("No effect in this version: {}.", key.no_effect));
      }
      entries += fmt::format("  {}\"{}\": {}{}\n", has_effect ? "" : "// ", key.name,
                             config::json_of(defaults, key), &key == last_with_effect() ? "" : ",");
    }
    if (entries.empty()) continue;
    if (!std::exchange(is_first, false)) text += '\n';
    if (commented) text += fmt::format("  // {}\n\n", upper_case(section.title));
    text += entries;
  }
  return fmt::format("{{\n{}}}\n", text);
}

}  // namespace topo
