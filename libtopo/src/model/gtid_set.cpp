#include "topo/model/gtid_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "base/ascii.h"
#include "model/gtid_text.h"

namespace topo {
namespace {

constexpr std::uint64_t largest_number = std::numeric_limits<std::int64_t>::max() - 1;
constexpr std::size_t longest_tag = 32;

bool starts_tag(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char small = lower(c);
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

}  // namespace

// Reads a text from left to right.
struct GtidSet::Parser : GtidText {
  [[nodiscard]] char next() const { return at_end() ? '\0' : text[at]; }

  bool take(char wanted) {
    skip_blanks();
    if (next() != wanted) return false;
    ++at;
    skip_blanks();
    return true;
  }

  std::array<std::uint8_t, 16> take_uuid() {
    constexpr std::string_view form = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    std::array<std::uint8_t, 16> uuid{};
    const auto begin = at;
    std::size_t digits = 0;
    for (const char expected : form) {
      const char c = next();
      const int value = hex_value(c);
      if (expected == '-' ? c != '-' : value < 0) {
        at = begin;
        fail("a UUID");
      }
      ++at;
      if (expected == '-') continue;
      auto& byte = uuid[digits++ / 2];
      byte = static_cast<std::uint8_t>(byte * 16 + value);
    }
    return uuid;
  }

  std::string take_tag() {
    std::string tag;
    const auto begin = at;
    for (; starts_tag(next()) || is_digit(next()); ++at) tag += lower(next());
    if (tag.size() <= longest_tag) return tag;
    at = begin;
    fail("a tag of at most 32 characters");
  }

  std::uint64_t take_number() {
    const auto begin = at;
    std::uint64_t number = 0;
    for (; is_digit(next()); ++at) {
      const auto digit = static_cast<std::uint64_t>(next() - '0');
      if (number > (largest_number - digit) / 10) {
        at = begin;
        fail("a number below 9223372036854775807");
      }
      number = number * 10 + digit;
    }
    if (number > 0) return number;
    at = begin;
    fail("a number from 1");
  }

  Interval take_interval() {
    const auto begin = at;
    Interval interval;
    interval.first = interval.last = take_number();
    if (take('-')) interval.last = take_number();
    if (interval.first <= interval.last) return interval;
    at = begin;
    fail("an interval whose end is not below its begin");
  }

  // UUID:[TAG:]INTERVAL[:[TAG:]INTERVAL]…; a tag is valid up to the next one.
  void take_source(std::vector<Part>& parts) {
    Source source{take_uuid(), ""};
    Part* part = nullptr;
    while (take(':')) {
      if (starts_tag(next())) {
        source.tag = take_tag();
        part = nullptr;
        if (!take(':')) fail("\":\" after a tag");
      }
      if (part == nullptr) part = &parts.emplace_back(Part{source, {}});
      part->intervals.push_back(take_interval());
    }
    if (part == nullptr) fail("\":\" and a number");
  }
};

GtidSet GtidSet::parse(std::string_view text) {
  Parser parser{{text, "set of GTIDs"}};
  std::vector<Part> parts;
  parser.skip_blanks();
  while (!parser.at_end()) {
    parser.take_source(parts);
    if (!parser.at_end() && !parser.take(',')) parser.fail("\",\" or \":\"");
  }
  if (!std::ranges::is_sorted(parts, {}, &Part::source)) std::ranges::stable_sort(parts, {}, &Part::source);

  GtidSet set;
  for (auto& part : parts) {
    if (set.parts_.empty() || set.parts_.back().source != part.source) {
      set.parts_.push_back(std::move(part));
    } else {
      auto& intervals = set.parts_.back().intervals;
      intervals.insert(intervals.end(), part.intervals.begin(), part.intervals.end());
    }
  }
  for (auto& part : set.parts_) {
    if (!std::ranges::is_sorted(part.intervals)) std::ranges::sort(part.intervals);
    part.intervals = unite(part.intervals, {});
  }
  return set;
}

std::string GtidSet::uuid_text(const Source& source) {
  std::string text;
  std::size_t bytes = 0;
  for (const auto byte : source.uuid) {
    text += fmt::format("{:02x}", byte);
    ++bytes;
    if (bytes == 4 || bytes == 6 || bytes == 8 || bytes == 10) text += '-';
  }
  return text;
}

std::string GtidSet::text() const {
  std::string text;
  const Part* last = nullptr;
  for (const auto& part : parts_) {
    if (last == nullptr || last->source.uuid != part.source.uuid) {
      if (last != nullptr) text += ',';
      text += uuid_text(part.source);
    }
    last = &part;
    if (!part.source.tag.empty()) text.append(":").append(part.source.tag);
    for (const auto& [first, end] : part.intervals)
      text += first == end ? fmt::format(":{}", first) : fmt::format(":{}-{}", first, end);
  }
  return text;
}

std::uint64_t GtidSet::count() const noexcept {
  std::uint64_t count = 0;
  for (const auto& part : parts_) {
    for (const auto& [first, last] : part.intervals) {
      const auto more = last - first + 1;
      if (count > std::numeric_limits<std::uint64_t>::max() - more)
        return std::numeric_limits<std::uint64_t>::max();
      count += more;
    }
  }
  return count;
}

bool GtidSet::contains(const GtidSet& other) const noexcept {
  auto part = parts_.begin();
  for (const auto& wanted : other.parts_) {
    while (part != parts_.end() && part->source < wanted.source) ++part;
    if (part == parts_.end() || part->source != wanted.source) return false;
    auto interval = part->intervals.begin();
    for (const auto& [first, last] : wanted.intervals) {
      while (interval != part->intervals.end() && interval->last < first) ++interval;
      if (interval == part->intervals.end() || first < interval->first || interval->last < last) return false;
    }
  }
  return true;
}

template <typename Combine>
GtidSet GtidSet::merged(const GtidSet& a, const GtidSet& b, const Combine& combine) {
  GtidSet result;
  const auto add = [&](const Source& source, std::vector<Interval> intervals) {
    if (!intervals.empty()) result.parts_.push_back({source, std::move(intervals)});
  };
  auto one = a.parts_.begin();
  auto other = b.parts_.begin();
  while (one != a.parts_.end() || other != b.parts_.end()) {
    if (other == b.parts_.end() || (one != a.parts_.end() && one->source < other->source)) {
      add(one->source, combine(one->intervals, {}));
      ++one;
    } else if (one == a.parts_.end() || other->source < one->source) {
      add(other->source, combine({}, other->intervals));
      ++other;
    } else {
      add(one->source, combine(one->intervals, other->intervals));
      ++one;
      ++other;
    }
  }
  return result;
}

GtidSet GtidSet::minus(const GtidSet& other) const {
  return merged(*this, other, subtract);
}

GtidSet GtidSet::united(const GtidSet& other) const {
  return merged(*this, other, unite);
}

GtidSet GtidSet::common(const GtidSet& other) const {
  return merged(*this, other, intersect);
}

GtidSet GtidSet::from(std::string_view server_uuid) const {
  GtidSet result;
  Source source;
  try {
    source.uuid = Parser{{server_uuid, "UUID"}}.take_uuid();
  } catch (const Error&) {
    return result;
  }
  std::ranges::copy_if(parts_, std::back_inserter(result.parts_),
                       [&](const Part& part) { return part.source.uuid == source.uuid; });
  return result;
}

std::vector<std::string> GtidSet::each(std::size_t limit) const {
  std::vector<std::string> texts;
  for (const auto& part : parts_) {
    auto source = uuid_text(part.source);
    if (!part.source.tag.empty()) source.append(":").append(part.source.tag);
    for (const auto& [first, last] : part.intervals) {
      for (auto number = first; number <= last; ++number) {
        if (texts.size() == limit) return texts;
        texts.push_back(fmt::format("{}:{}", source, number));
      }
    }
  }
  return texts;
}

std::vector<GtidSet::Interval> GtidSet::subtract(const std::vector<Interval>& a,
                                                 const std::vector<Interval>& b) {
  std::vector<Interval> result;
  auto taken = b.begin();
  for (auto rest : a) {
    while (taken != b.end() && taken->last < rest.first) ++taken;
    // An interval that is taken away may reach into the next one of `a`: it stays current.
    for (auto part = taken; part != b.end() && part->first <= rest.last; ++part) {
      if (rest.first < part->first) result.push_back({rest.first, part->first - 1});
      rest.first = part->last + 1;
      taken = part;
    }
    if (rest.first <= rest.last) result.push_back(rest);
  }
  return result;
}

std::vector<GtidSet::Interval> GtidSet::unite(const std::vector<Interval>& a,
                                              const std::vector<Interval>& b) {
  std::vector<Interval> all;
  all.reserve(a.size() + b.size());
  std::ranges::merge(a, b, std::back_inserter(all));
  std::vector<Interval> result;
  for (const auto& interval : all) {
    if (!result.empty() && interval.first <= result.back().last + 1)
      result.back().last = std::max(result.back().last, interval.last);
    else
      result.push_back(interval);
  }
  return result;
}

std::vector<GtidSet::Interval> GtidSet::intersect(const std::vector<Interval>& a,
                                                  const std::vector<Interval>& b) {
  std::vector<Interval> result;
  auto one = a.begin();
  auto other = b.begin();
  while (one != a.end() && other != b.end()) {
    const Interval both{std::max(one->first, other->first), std::min(one->last, other->last)};
    if (both.first <= both.last) result.push_back(both);
    if (one->last < other->last)
      ++one;
    else
      ++other;
  }
  return result;
}

}  // namespace topo
