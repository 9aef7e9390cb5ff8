#include "config/text_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/regular_file.h"
#include "base/shown_text.h"
#include "topo/base/error.h"

namespace topo::config {
std::optional<TextFile> read_text_file(const std::filesystem::path& file, std::string_view complaint) {
  try {
    auto [bytes, readable_by_others] = read_regular_file(file);
    return TextFile{check_text(std::move(bytes), file.string()), readable_by_others};
  } catch (const UnreadableFile& unreadable) {
    if (unreadable.is_missing) return std::nullopt;
    throw Error(Code::invalid_argument, fmt::format("{}: {}", complaint, unreadable.why));
  }
}

std::string check_text(std::string text, const std::string& name) {
  const auto nul = text.find('\0');
  const auto wrong = std::min(nul, find_invalid_utf8(text));
  if (wrong != std::string::npos) {
    const auto [line, column] = position_of(text, wrong);
    throw Error(Code::invalid_argument,
                fmt::format("{}, line {}, column {}: {}; save the file as UTF-8 text", shown_text(name, 300),
                            line, column, wrong == nul ? "a NUL byte" : "not UTF-8"));
  }
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  if (text.starts_with(byte_order_mark)) text.erase(0, byte_order_mark.size());
  return text;
}

Position position_of(std::string_view text, std::size_t offset) {
  const auto before = text.substr(0, offset);
  const auto line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const auto characters =
      std::count_if(before.begin() + static_cast<std::ptrdiff_t>(line_start), before.end(),
                    [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
  return {static_cast<std::size_t>(lines) + 1, static_cast<std::size_t>(characters) + 1};
}

}  // namespace topo::config
