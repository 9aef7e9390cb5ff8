#include "http/web_files.h"

#include <catch2/catch.hpp>

#include "unit/config/temporary_folder.h"

using namespace orchestrator;

TEST_CASE("Files of the web interface are served from their folder only") {
  const TemporaryFolder folder;
  folder.write("secret.txt", "secret");
  folder.write("web/index.html", "page");
  folder.write("web/assets/app.js", "code");
  folder.write("web/.hidden", "hidden");
  std::filesystem::create_symlink(folder.path() / "secret.txt", folder.path() / "web/link.txt");
  const WebFiles files(folder.path() / "web");
  const auto content = [&](const std::vector<std::string>& segments) {
    const auto* file = files.find(segments);
    return file == nullptr ? "none" : *file->content;
  };

  CHECK(content({}) == "page");
  CHECK(content({"index.html"}) == "page");
  CHECK(content({"web", "cluster", "db1:3306"}) == "page");
  CHECK(content({"assets", "app.js"}) == "code");
  CHECK(files.find({"assets", "app.js"})->content_type == "text/javascript; charset=UTF-8");

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
  CHECK_FALSE(files.find({}));
  CHECK_FALSE(files.find({"etc", "passwd"}));
}

TEST_CASE("Pages have their URL prefix, and files an entity tag of their content") {
  const TemporaryFolder folder;
  folder.write("index.html", "<head><base href=\"/\"></head>" + std::string(2000, ' '));
  folder.write("assets/a.js", "one");
  folder.write("assets/b.js", "one");
  folder.write("assets/c.js", "two");
  const WebFiles at_top(folder.path());
  const WebFiles below(folder.path(), "/orchestrator");
  CHECK(at_top.find({})->content->starts_with("<head><base href=\"/\">"));
  CHECK(below.find({})->content->starts_with("<head><base href=\"/orchestrator/\">"));
  CHECK(below.find({})->is_page);
  CHECK(below.find({})->compressed->size() < 200);
  CHECK(at_top.find({})->entity_tag != below.find({})->entity_tag);
  CHECK(at_top.find({"assets", "a.js"})->entity_tag == at_top.find({"assets", "b.js"})->entity_tag);
  CHECK(at_top.find({"assets", "a.js"})->entity_tag != at_top.find({"assets", "c.js"})->entity_tag);
  CHECK(at_top.find({"assets", "a.js"})->is_immutable);
  CHECK_FALSE(at_top.find({})->is_immutable);
  CHECK(at_top.find({"assets", "a.js"})->compressed == nullptr);  // compression would not make it smaller
}
