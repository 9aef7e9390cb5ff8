// The files of the web interface, read once and kept in memory: no other file can be requested.
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
  Body compressed;  // in the gzip format; null where it is no smaller
  std::string_view content_type;
  std::string entity_tag;  // with its quotation marks; differs when the content differs
  bool is_page = false;
  bool is_immutable = false;  // its name changes with its content
};

// Immutable; safe for use by any number of threads.
class WebFiles {
 public:
  // With an empty folder there is no web interface. Names that begin with a dot, links that point outside the
  // folder, and files of more than 16 MiB are left out. The <base> of the pages is set to `url_prefix`
  // (URLPrefix). Throws std::filesystem::filesystem_error when the folder cannot be read.
  explicit WebFiles(const std::filesystem::path& folder, std::string_view url_prefix = "");

  // The folder where the interface was installed or built, relative to the program's folder; empty when there
  // is none.
  [[nodiscard]] static std::filesystem::path folder_beside(const std::filesystem::path& executable_folder);

  // The file at this path. All pages (no path, or "web" and anything below) are index.html, whose script
  // decides what to show. nullptr: there is no such file.
  [[nodiscard]] const WebFile* find(const std::vector<std::string>& segments) const;

 private:
  std::unordered_map<std::string, WebFile> files_;  // by path in the folder
};

}  // namespace orchestrator
