#include "base/shown_text.h"

#include <catch2/catch.hpp>

#include "topo/base/one_line.h"

namespace topo {

TEST_CASE("Text is shown without control characters and bytes that are not UTF-8") {
  CHECK(shown_text("plain \xc3\xa4 \xf0\x9f\x90\xac") == "plain \xc3\xa4 \xf0\x9f\x90\xac");
  CHECK(shown_text("a\nb\x7f\x1b[31m") == "a?b??[31m");
  CHECK(shown_text("a\xff\xc3") == "a??");
}

TEST_CASE("Untrusted text cannot start a line, control a terminal, or change the text direction") {
  CHECK(one_line("a\nb\r\nc\td") == "a b  c d");
  CHECK(one_line(std::string_view("a\0b\x1b[31m\x7f", 9)) == "a?b?[31m?");
  CHECK(one_line("csi \xc2\x9b"
                 "31m nel \xc2\x85") == "csi ?31m nel ?");  // C1 controls as characters
  CHECK(one_line("csi \x9b"
                 "31m") == "csi ?31m");  // and as bytes
  for (const auto* character : {"\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2066", "\u2067",
                                "\u2068", "\u2069", "\u200e", "\u200f", "\u061c", "\u2028", "\u2029"}) {
    CHECK(one_line(std::string("a") + character + "b") == "a?b");
    CHECK(shown_text(std::string("a") + character + "b") == "a?b");
  }
  CHECK(one_line("größer 🐬 שלום") == "größer 🐬 שלום");
}

TEST_CASE("Long text is cut between characters") {
  CHECK(shown_text("abc", 3) == "abc");
  CHECK(shown_text("abcd", 3) == "abc...");
  CHECK(shown_text("ab\xc3\xa4", 3) == "ab...");
  CHECK(shown_text("", 0).empty());
}

TEST_CASE("Invalid UTF-8 is found") {
  CHECK(find_invalid_utf8("a\xc3\xa4\xe2\x82\xac\xf4\x8f\xbf\xbf") == std::string_view::npos);
  for (const auto* text :
       {"ab\x80", "ab\xc0\x80", "ab\xc1\xbf", "ab\xc3", "ab\xc3(", "ab\xe0\x9f\xbf", "ab\xed\xa0\x80",
        "ab\xe2\x82", "ab\xf0\x8f\xbf\xbf", "ab\xf4\x90\x80\x80", "ab\xf5\x80\x80\x80", "ab\xff"}) {
    INFO(text);
    CHECK(find_invalid_utf8(text) == 2);
  }
}

}  // namespace topo
