// Randomly changed texts of a corpus. The same seed gives the same inputs; a failing test prints its seed.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#ifndef __has_feature
#define __has_feature(name) 0
#endif

namespace fuzz {

// Divisor for the number of rounds of targets that take minutes under sanitizers. clang reports the active
// sanitizer: libFuzzer also runs with the address sanitizer, and the thread sanitizer finds nothing in a
// single thread.
inline constexpr std::uint64_t fewer = __has_feature(thread_sanitizer)    ? 50
                                       : __has_feature(address_sanitizer) ? 10
                                                                          : 1;

// The environment may select other inputs (FUZZ_SEED=2) and more of them (FUZZ_FACTOR=100).
inline std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}
inline std::uint64_t seed() {
  return number_from_environment("FUZZ_SEED", 1);
}
inline std::uint64_t rounds(std::uint64_t usual) {
  return usual * number_from_environment("FUZZ_FACTOR", 1);
}

class Mutator {
 public:
  // `words` are tokens with a meaning in the format under test; they are sometimes inserted whole.
  Mutator(std::uint64_t seed, std::vector<std::string> corpus, std::vector<std::string> words = {})
      : random_(seed), corpus_(std::move(corpus)), words_(std::move(words)) {}

  // A text of the corpus with some changes: often one, rarely many.
  std::string next() {
    auto text = pick(corpus_);
    do {
      change(text);
    } while (chance(3, 4));
    if (text.size() > largest) text.resize(largest);
    return text;
  }

  // 0 to `most`.
  std::size_t up_to(std::size_t most) { return std::uniform_int_distribution<std::size_t>(0, most)(random_); }
  bool chance(unsigned of, unsigned among) { return up_to(among - 1) < of; }
  template <typename T>
  const T& pick(const std::vector<T>& items) {
    return items[up_to(items.size() - 1)];
  }

 private:
  static constexpr std::size_t largest = 65536;

  void change(std::string& text) {
    const auto at = up_to(text.size());
    const auto length = std::min(text.size() - at, up_to(chance(1, 8) ? text.size() : 8));
    switch (up_to(8)) {
      case 0: text.erase(at, length); break;
      case 1: text.insert(at, text.substr(up_to(text.size()), length)); break;
      case 2: text.insert(at, 1, static_cast<char>(up_to(255))); break;
      case 3:
        if (at < text.size()) text[at] = static_cast<char>(up_to(255));
        break;
      case 4:
        if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << up_to(7)));
        break;
      case 5: text.insert(at, odd_piece()); break;
      case 6: text.replace(at, length, odd_piece()); break;
      case 7: {  // the head of one text, the tail of another
        const auto& other = pick(corpus_);
        text = text.substr(0, at) + other.substr(up_to(other.size()));
        break;
      }
      default: text.insert(at, std::string(up_to(300), at < text.size() ? text[at] : 'a')); break;
    }
  }

  std::string odd_piece() {
    using namespace std::string_view_literals;
    static constexpr std::array odd{"\0"sv,
                                    "\xff"sv,
                                    "\xc0\x80"sv,
                                    "\xed\xa0\x80"sv,
                                    "\xf4\x90\x80\x80"sv,
                                    "\xef\xbb\xbf"sv,
                                    "\r\n"sv,
                                    "\""sv,
                                    "'"sv,
                                    "\\"sv,
                                    "%00"sv,
                                    "%s%n"sv,
                                    "../"sv,
                                    "/"sv,
                                    ":"sv,
                                    "["sv,
                                    "]"sv,
                                    "{"sv,
                                    "}"sv,
                                    ","sv,
                                    "#"sv,
                                    ";"sv,
                                    "="sv,
                                    "0"sv,
                                    "-1"sv,
                                    "65535"sv,
                                    "65536"sv,
                                    "2147483648"sv,
                                    "9223372036854775807"sv,
                                    "18446744073709551616"sv,
                                    "1e999"sv,
                                    "null"sv,
                                    "true"sv,
                                    "\xe2\x80\xae"sv,
                                    "(a*)*b"sv,
                                    "\\u0000"sv};
    if (!words_.empty() && chance(1, 2)) return pick(words_);
    return std::string(odd[up_to(odd.size() - 1)]);
  }

  std::mt19937_64 random_;
  std::vector<std::string> corpus_, words_;
};

// `text` with all non-printable bytes as \xHH, for pasting into a test.
inline std::string printable(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string result;
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (u >= ' ' && u < 0x7f && c != '\\' && c != '"') {
      result += c;
    } else {
      result += {'\\', 'x', digits[u >> 4], digits[u & 15]};
    }
  }
  return result;
}

}  // namespace fuzz
