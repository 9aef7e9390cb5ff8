#include "http/target.h"

#include "common/ascii_case.h"
#include "http/split.h"

namespace orchestrator {
namespace {

int hexadecimal(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

enum class Plus { itself, blank };

std::optional<std::string> decode(std::string_view text, Plus plus) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      result += text[i] == '+' && plus == Plus::blank ? ' ' : text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hexadecimal(text[i + 1]);
    const int low = hexadecimal(text[i + 2]);
    if (high < 0 || low < 0 || (high == 0 && low == 0)) return std::nullopt;
    result += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return result;
}

// The form that clients send to proxies: "http://host:port/path".
std::string_view without_authority(std::string_view text) {
  constexpr std::string_view scheme = "http://";  // in any case
  if (!equal_in_any_case(text.substr(0, scheme.size()), scheme)) return text;
  const auto path = text.find('/', scheme.size());
  return path == std::string_view::npos ? "/" : text.substr(path);
}

}  // namespace

std::optional<Target> parse_target(std::string_view text) {
  text = without_authority(text);
  if (text.size() > longest_target || !text.starts_with('/')) return std::nullopt;
  const auto question = text.find('?');
  auto path = text.substr(1, question == std::string_view::npos ? question : question - 1);
  if (path.ends_with('/')) path.remove_suffix(1);

  Target target;
  const bool path_is_good = path.empty() || split(path, '/', [&](std::string_view part) {
                              auto segment = decode(part, Plus::itself);
                              if (!segment || target.segments.size() == max_segments) return false;
                              target.segments.push_back(std::move(*segment));
                              return true;
                            });
  if (!path_is_good) return std::nullopt;
  if (question == std::string_view::npos) return target;

  const bool query_is_good = split(text.substr(question + 1), '&', [&](std::string_view part) {
    const auto equals = part.find('=');
    auto name = decode(part.substr(0, equals), Plus::blank);
    auto value = decode(equals == std::string_view::npos ? "" : part.substr(equals + 1), Plus::blank);
    if (!name || !value) return false;
    if (!name->empty()) target.query.emplace_back(std::move(*name), std::move(*value));
    return true;
  });
  if (!query_is_good) return std::nullopt;
  return target;
}

}  // namespace orchestrator
