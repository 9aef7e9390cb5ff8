#include "http/web_files.h"

#include <catch2/catch.hpp>

#include "unit/config/temporary_folder.h"

using namespace orchestrator;

TEST_CASE("Files of the web interface are served from their folder alone") {
  const TemporaryFolder folder;
  folder.write("secret.txt", "secret");
  folder.write("web/index.html", "page");
  folder.write("web/assets/app.js", "code");
  folder.write("web/.hidden", "hidden");
  std::filesystem::create_symlink(folder.path() / "secret.txt", folder.path() / "web/link.txt");
  const WebFiles files(folder.path() / "web");
  const auto content = [&](const std::vector<std::string>& segments) {
    const auto file = files.read(segments);
    return file ? file->content : "none";
  };

  CHECK(content({}) == "page");
  CHECK(content({"index.html"}) == "page");
  CHECK(content({"web", "cluster", "db1:3306"}) == "page");
  CHECK(content({"assets", "app.js"}) == "code");
  CHECK(files.read({"assets", "app.js"})->content_type == "text/javascript; charset=UTF-8");

  CHECK(content({"assets"}) == "none");
  CHECK(content({"nothing"}) == "none");
  CHECK(content({"..", "secret.txt"}) == "none");
  CHECK(content({"assets", "..", "..", "secret.txt"}) == "none");
  CHECK(content({"../secret.txt"}) == "none");
  CHECK(content({"assets", "/etc/passwd"}) == "none");
  CHECK(content({".hidden"}) == "none");
  CHECK(content({"link.txt"}) == "none");
  CHECK(content({""}) == "none");
  CHECK(content({std::string("index.html\0.js", 14)}) == "none");
}

TEST_CASE("Without a web interface there are no files") {
  const WebFiles files{std::filesystem::path()};
  CHECK_FALSE(files.read({}));
  CHECK_FALSE(files.read({"etc", "passwd"}));
}
