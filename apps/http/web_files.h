// The files of the web interface, read once and kept in memory: nothing else can be asked for.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "http/response_cache.h"

namespace orchestrator {

struct WebFile {
  Body content;
  Body compressed;  // in the format of gzip; null where it is no smaller
  std::string_view content_type;
  std::string entity_tag;  // with its quotation marks; another one if the content is another
  bool is_page = false;
  bool is_immutable = false;  // its name changes with its content
};

// Immutable; for any number of threads.
class WebFiles {
 public:
  // An empty folder: there is no web interface. What begins with a dot, links to what lies outside of the
  // folder, and files of more than 16 MiB are left out. Pages are told by their <base> that they lie below
  // `url_prefix` (URLPrefix). Throws std::filesystem::filesystem_error when the folder cannot be read.
  explicit WebFiles(const std::filesystem::path& folder, std::string_view url_prefix = "");

  // Where the interface was installed or built, seen from the program's folder; empty when it is nowhere.
  [[nodiscard]] static std::filesystem::path folder_beside(const std::filesystem::path& executable_folder);

  // The file at this path; the pages (no path, or "web" and anything below) are all index.html, which finds
  // out by itself what to show. nullptr: there is no such file.
  [[nodiscard]] const WebFile* find(const std::vector<std::string>& segments) const;

 private:
  std::unordered_map<std::string, WebFile> files_;  // by their path in the folder
};

}  // namespace orchestrator
