#include "http/web_files.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <optional>
#include <utility>

#include "http/compression.h"

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

bool is_below(const fs::path& path, const fs::path& folder) {
  const auto [end, rest] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return end == folder.end() && rest != path.end();
}

std::optional<std::string> read_file(const fs::path& path) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  if (error || size > largest_file) return std::nullopt;
  std::string content(size, '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(content.data(), static_cast<std::streamsize>(content.size()));
  if (!file) return std::nullopt;
  return content;
}

// Depends on the content alone, so it is the same on every server and after a restart.
std::string entity_tag_of(std::string_view content) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(content.data(), content.size(), digest.data(), &size, EVP_sha256(), nullptr);
  std::string tag = "\"";
  constexpr unsigned bytes_told = 12;
  for (unsigned i = 0; i < std::min(size, bytes_told); ++i) tag += fmt::format("{:02x}", digest[i]);
  return tag + "\"";
}

// All URLs of a page are relative to its <base>, so only the <base> depends on the prefix.
void set_base(std::string& page, std::string_view url_prefix) {
  constexpr std::string_view base = "<base href=\"/\"";
  const auto base_begin = page.find(base);
  if (base_begin != std::string::npos)
    page.replace(base_begin, base.size(), fmt::format("<base href=\"{}/\"", url_prefix));
}

// The bundler names these files after a hash of their content.
bool has_hashed_name(const std::string& name) {
  return name.starts_with("assets/");
}

WebFile file_of(const std::string& name, std::string content) {
  WebFile file;
  file.content_type = content_type_of(name);
  file.entity_tag = entity_tag_of(content);
  file.is_page = name.ends_with(".html");
  file.is_immutable = has_hashed_name(name);
  auto compressed = gzip(content, Effort::most);
  if (compressed.size() < content.size())
    file.compressed = std::make_shared<const std::string>(std::move(compressed));
  file.content = std::make_shared<const std::string>(std::move(content));
  return file;
}

constexpr const char* the_page = "index.html";

}  // namespace

WebFiles::WebFiles(const fs::path& folder, std::string_view url_prefix) {
  if (folder.empty()) return;
  const auto real_folder = fs::canonical(folder);
  for (auto entry = fs::recursive_directory_iterator(folder); entry != fs::end(entry); ++entry) {
    if (entry->path().filename().string().starts_with('.')) {
      entry.disable_recursion_pending();
      continue;
    }
    std::error_code error;
    if (!entry->is_regular_file(error) || !is_below(fs::canonical(entry->path(), error), real_folder))
      continue;
    auto content = read_file(entry->path());
    if (!content) continue;
    auto name = entry->path().lexically_relative(folder).generic_string();
    if (name.ends_with(".html")) set_base(*content, url_prefix);
    auto file = file_of(name, std::move(*content));
    files_.emplace(std::move(name), std::move(file));
  }
}

fs::path WebFiles::folder_beside(const fs::path& executable_folder) {
  std::error_code error;
  for (const auto* relative :
       {"../share/orchestrator/web", "../web", "../../../web/dist", "../../web/dist"}) {
    const auto folder = fs::weakly_canonical(executable_folder / relative, error);
    if (!error && fs::is_regular_file(folder / "index.html", error)) return folder;
  }
  return {};
}

const WebFile* WebFiles::find(const std::vector<std::string>& segments) const {
  std::string name;
  if (segments.empty() || segments.front() == "web") {
    name = the_page;
  } else {
    for (const auto& segment : segments) name += (name.empty() ? "" : "/") + segment;
  }
  const auto found = files_.find(name);
  return found == files_.end() ? nullptr : &found->second;
}

}  // namespace orchestrator
