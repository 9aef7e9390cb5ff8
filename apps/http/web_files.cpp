#include "http/web_files.h"

#include <algorithm>
#include <fstream>

namespace orchestrator {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t largest_file = std::uintmax_t{16} << 20;

std::string_view content_type_of(const fs::path& path) {
  struct Type {
    std::string_view extension, type;
  };
  constexpr Type types[] = {
      {".html", "text/html; charset=UTF-8"},
      {".js", "text/javascript; charset=UTF-8"},
      {".css", "text/css; charset=UTF-8"},
      {".json", "application/json; charset=UTF-8"},
      {".map", "application/json; charset=UTF-8"},
      {".svg", "image/svg+xml"},
      {".png", "image/png"},
      {".ico", "image/x-icon"},
      {".woff2", "font/woff2"},
      {".txt", "text/plain; charset=UTF-8"},
  };
  const auto extension = path.extension().string();
  const auto* found = std::ranges::find(types, extension, &Type::extension);
  return found == std::end(types) ? "application/octet-stream" : found->type;
}

// Names that begin with a dot are the folder itself, its parent, or hidden.
bool is_plain_name(const std::string& segment) {
  return !segment.empty() && segment.front() != '.' &&
         segment.find_first_of(std::string_view("/\\\0", 3)) == std::string::npos;
}

bool is_below(const fs::path& path, const fs::path& folder) {
  const auto [end, rest] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return end == folder.end() && rest != path.end();
}

}  // namespace

fs::path WebFiles::folder_beside(const fs::path& executable_folder) {
  std::error_code error;
  for (const auto* relative :
       {"../share/orchestrator/web", "../web", "../../../web/dist", "../../web/dist"}) {
    const auto folder = fs::weakly_canonical(executable_folder / relative, error);
    if (!error && fs::is_regular_file(folder / "index.html", error)) return folder;
  }
  return {};
}

std::optional<WebFile> WebFiles::read(const std::vector<std::string>& segments) const {
  if (folder_.empty()) return std::nullopt;
  if (!std::ranges::all_of(segments, is_plain_name)) return std::nullopt;
  fs::path path = folder_;
  if (segments.empty() || segments.front() == "web") {
    path /= "index.html";
  } else {
    for (const auto& segment : segments) path /= segment;
  }
  std::error_code error;
  const auto real_path = fs::canonical(path, error);
  if (error || !is_below(real_path, fs::weakly_canonical(folder_, error))) return std::nullopt;
  if (!fs::is_regular_file(real_path, error)) return std::nullopt;
  const auto size = fs::file_size(real_path, error);
  if (error || size > largest_file) return std::nullopt;
  std::string content(size, '\0');
  std::ifstream file(real_path, std::ios::binary);
  file.read(content.data(), static_cast<std::streamsize>(content.size()));
  if (!file) return std::nullopt;
  return WebFile{std::move(content), content_type_of(real_path)};
}

}  // namespace orchestrator
