#include "base/shown_text.h"

#include <catch2/catch.hpp>

namespace topo {

TEST_CASE("Text is shown without control characters and bytes that are not UTF-8") {
  CHECK(shown_text("plain \xc3\xa4 \xf0\x9f\x90\xac") == "plain \xc3\xa4 \xf0\x9f\x90\xac");
  CHECK(shown_text("a\nb\x7f\x1b[31m") == "a?b??[31m");
  CHECK(shown_text("a\xff\xc3") == "a??");
}

TEST_CASE("Long text is cut between characters") {
  CHECK(shown_text("abc", 3) == "abc");
  CHECK(shown_text("abcd", 3) == "abc...");
  CHECK(shown_text("ab\xc3\xa4", 3) == "ab...");
  CHECK(shown_text("", 0).empty());
}

TEST_CASE("What is not UTF-8 is found") {
  CHECK(find_invalid_utf8("a\xc3\xa4\xe2\x82\xac\xf4\x8f\xbf\xbf") == std::string_view::npos);
  for (const auto* text :
       {"ab\x80", "ab\xc0\x80", "ab\xc1\xbf", "ab\xc3", "ab\xc3(", "ab\xe0\x9f\xbf", "ab\xed\xa0\x80",
        "ab\xe2\x82", "ab\xf0\x8f\xbf\xbf", "ab\xf4\x90\x80\x80", "ab\xf5\x80\x80\x80", "ab\xff"}) {
    INFO(text);
    CHECK(find_invalid_utf8(text) == 2);
  }
}

}  // namespace topo
