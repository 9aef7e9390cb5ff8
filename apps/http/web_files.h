// The files of the web interface, served from one folder and from nowhere else.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace orchestrator {

struct WebFile {
  std::string content;
  std::string_view content_type;
};

class WebFiles {
 public:
  // An empty folder: there is no web interface.
  explicit WebFiles(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // Where the interface was installed or built, seen from the program's folder; empty when it is nowhere.
  [[nodiscard]] static std::filesystem::path folder_beside(const std::filesystem::path& executable_folder);

  // The file at this path; the pages (no path, or "web" and anything below) are all index.html, which finds
  // out by itself what to show. nullopt: there is no such file, or it lies, by a link say, outside the
  // folder.
  [[nodiscard]] std::optional<WebFile> read(const std::vector<std::string>& segments) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace orchestrator
