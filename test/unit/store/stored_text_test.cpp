#include "store/stored_text.h"

#include <catch2/catch.hpp>

#include "store/instance_json.h"
#include "store/time_text.h"

using namespace topo;
using namespace topo::store;

namespace {

std::string text_of(const Value& value) {
  if (const auto* view = std::get_if<std::string_view>(&value)) return std::string(*view);
  return std::get<std::string>(value);
}

}  // namespace

TEST_CASE("text is cut between characters", "[store]") {
  CHECK(text_of(stored_text("", 3)).empty());
  CHECK(text_of(stored_text("abc", 3)) == "abc");
  CHECK(text_of(stored_text("abcd", 3)) == "abc");
  CHECK(text_of(stored_text("äöü", 3)) == "äöü");
  CHECK(text_of(stored_text("äöüß", 3)) == "äöü");
  CHECK(text_of(stored_text("😀😀😀x", 3)) == "😀😀😀");
  CHECK(text_of(stored_text("\xff😀\xf0\x9f\x98", 3)) == "?😀?");
  CHECK(text_of(stored_whole("\xff😀\xc3")) == "?😀?");
}

TEST_CASE("text that needs no change is not copied", "[store]") {
  const std::string text = "as it is, 😀";
  const auto value = stored_text(text);
  REQUIRE(std::holds_alternative<std::string_view>(value));
  CHECK(std::get<std::string_view>(value).data() == text.data());
}

TEST_CASE("names too long for a column, or not UTF-8, do not fit", "[store]") {
  CHECK(fits_name(std::string(128, 'x')));
  CHECK_FALSE(fits_name(std::string(129, 'x')));
  CHECK_FALSE(fits_name("\xff"));
}

TEST_CASE("times beyond a column's range are clamped", "[store]") {
  using namespace std::chrono;
  CHECK(timestamp_text(sys_days(year(2024) / 2 / 29) + seconds(1)) == "2024-02-29 00:00:01");
  CHECK(timestamp_text(Timestamp(seconds(-1))) == "1970-01-02 00:00:00");
  CHECK(timestamp_text(Timestamp::max()) == "2038-01-18 00:00:00");
}

TEST_CASE("unexpected JSON is ignored", "[store]") {
  for (const auto* odd : {"", "x", "{}", "[", "[1, null, [], \"x\", {}]", "\"[]\"", "[{\"Hostname\": 1}]",
                          "[{\"Hostname\": \"a\", \"Port\": 70000}]", "[{\"Hostname\": \"a\", \"Port\": -1}]",
                          "[{\"Hostname\": \"\", \"Port\": 1}]"}) {
    CAPTURE(odd);
    CHECK(keys_from_json(odd).empty());
  }
  CHECK(keys_from_json(R"([{"Port": 1, "More": {}, "Hostname": "a"}, 7])") ==
        std::vector<InstanceKey>{{"a", 1}});
  CHECK(texts_from_json(R"(["a", 1, "b"])") == std::vector<std::string>{"a", "b"});
  CHECK(channels_from_json(R"([{}, 1, {"name": 3, "io_thread": 99, "master_port": "x"}])").size() == 2);
  CHECK(channels_from_json(R"([{"io_thread": 99}])").at(0).io_thread == ThreadState::other);
  CHECK(keys_from_json(std::string(1'000'000, '[')).empty());
}
