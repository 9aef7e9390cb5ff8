#include "topo/model/gtid_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <tuple>

#include "model/gtid_text.h"

namespace topo {
namespace {

constexpr auto last_number = std::numeric_limits<std::uint64_t>::max();

bool is_same_server(const GtidList::Gtid& a, const GtidList::Gtid& b) {
  return a.domain == b.domain && a.server == b.server;
}

bool comes_before(const GtidList::Gtid& a, const GtidList::Gtid& b) {
  return std::tie(a.domain, a.server) < std::tie(b.domain, b.server);
}

// Calls `take(a's, b's)` for each domain and server of either list; nullptr: not in that list.
template <typename Take>
void for_each_server(const std::vector<GtidList::Gtid>& a, const std::vector<GtidList::Gtid>& b,
                     const Take& take) {
  auto one = a.begin();
  auto other = b.begin();
  while (one != a.end() || other != b.end()) {
    if (other == b.end() || (one != a.end() && comes_before(*one, *other)))
      take(&*one++, nullptr);
    else if (one == a.end() || comes_before(*other, *one))
      take(nullptr, &*other++);
    else
      take(&*one++, &*other++);
  }
}

}  // namespace

// Reads a text from left to right.
struct GtidList::Parser : GtidText {
  void take(char wanted, std::string_view expected) {
    if (at == text.size() || text[at] != wanted) fail(expected);
    ++at;
  }

  template <typename Number>
  Number take_number(std::string_view expected) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data() + at, text.data() + text.size(), number);
    if (error != std::errc{}) fail(expected);
    at = static_cast<std::size_t>(end - text.data());
    return number;
  }

  // "0-1-16..18": a GTID, and more numbers after it.
  Range take_range() {
    const auto first = take_gtid();
    if (first.number == 0) fail("a sequence number from 1");
    Range range{first.domain, first.server, first.number - 1, first.number};
    if (text.substr(at).starts_with("..")) {
      at += 2;
      range.last = take_number<std::uint64_t>("the last sequence number");
      if (range.last < first.number) fail("a last sequence number that is not before the first one");
    }
    return range;
  }

  Gtid take_gtid() {
    constexpr std::string_view form = "a GTID, as 0-1-15";
    Gtid gtid;
    gtid.domain = take_number<std::uint32_t>("a domain, a number up to 4294967295");
    take('-', form);
    gtid.server = take_number<std::uint32_t>("a server id, a number up to 4294967295");
    take('-', form);
    gtid.number = take_number<std::uint64_t>("a sequence number up to 18446744073709551615");
    return gtid;
  }
};

GtidList GtidList::parse(std::string_view text) {
  Parser parser{{text, "list of GTIDs"}};
  GtidList list;
  parser.skip_blanks();
  while (!parser.at_end()) {
    list.gtids_.push_back(parser.take_gtid());
    parser.skip_blanks();
    if (parser.at_end()) break;
    parser.take(',', "\",\"");
    parser.skip_blanks();
    if (parser.at_end()) parser.fail("a GTID after \",\"");
  }
  // Numbers begin at 1: this one stands for no transaction.
  std::erase_if(list.gtids_, [](const Gtid& gtid) { return gtid.number == 0; });
  if (!std::ranges::is_sorted(list.gtids_)) std::ranges::sort(list.gtids_);
  const auto twice = std::ranges::adjacent_find(list.gtids_, is_same_server);
  if (twice != list.gtids_.end()) {
    throw Error(Code::invalid_argument, fmt::format("Not a list of GTIDs: server {} is in domain {} twice",
                                                    twice->server, twice->domain));
  }
  return list;
}

std::string GtidList::text() const {
  return topo::text(gtids_);
}

bool GtidList::contains(const GtidList& other) const noexcept {
  auto own = gtids_.begin();
  return std::ranges::all_of(other.gtids_, [&](const Gtid& wanted) {
    while (own != gtids_.end() && comes_before(*own, wanted)) ++own;
    return own != gtids_.end() && is_same_server(*own, wanted) && own->number >= wanted.number;
  });
}

std::vector<GtidList::Range> GtidList::minus(const GtidList& other) const {
  std::vector<Range> ranges;
  for_each_server(gtids_, other.gtids_, [&](const Gtid* own, const Gtid* theirs) {
    if (own == nullptr) return;
    const auto after = theirs == nullptr ? 0 : theirs->number;
    if (own->number > after) ranges.push_back({own->domain, own->server, after, own->number});
  });
  return ranges;
}

GtidList GtidList::united(const GtidList& other) const {
  GtidList result;
  for_each_server(gtids_, other.gtids_, [&](const Gtid* own, const Gtid* theirs) {
    const bool is_own = theirs == nullptr || (own != nullptr && own->number >= theirs->number);
    result.gtids_.push_back(is_own ? *own : *theirs);
  });
  return result;
}

GtidList GtidList::from(std::uint32_t server_id) const {
  GtidList result;
  std::ranges::copy_if(gtids_, std::back_inserter(result.gtids_),
                       [&](const Gtid& gtid) { return gtid.server == server_id; });
  return result;
}

GtidList GtidList::without(std::uint32_t server_id) const {
  GtidList result;
  std::ranges::copy_if(gtids_, std::back_inserter(result.gtids_),
                       [&](const Gtid& gtid) { return gtid.server != server_id; });
  return result;
}

GtidList GtidList::common(const GtidList& other) const {
  GtidList result;
  for_each_server(gtids_, other.gtids_, [&](const Gtid* own, const Gtid* theirs) {
    if (own != nullptr && theirs != nullptr) result.gtids_.push_back(std::min(*own, *theirs));
  });
  return result;
}

GtidList GtidList::position() const {
  GtidList result;
  for (const auto& gtid : gtids_) {
    if (result.gtids_.empty() || result.gtids_.back().domain != gtid.domain)
      result.gtids_.push_back(gtid);
    else if (result.gtids_.back().number < gtid.number)
      result.gtids_.back() = gtid;
  }
  return result;
}

std::uint64_t count(const std::vector<GtidList::Range>& ranges) noexcept {
  std::uint64_t sum = 0;
  for (const auto& range : ranges) {
    const auto more = range.last - range.after;
    sum += std::min(more, last_number - sum);
  }
  return sum;
}

std::string text(const std::vector<GtidList::Gtid>& gtids) {
  std::string text;
  for (const auto& gtid : gtids)
    text += fmt::format("{}{}-{}-{}", text.empty() ? "" : ",", gtid.domain, gtid.server, gtid.number);
  return text;
}

std::string text(const std::vector<GtidList::Range>& ranges) {
  std::string text;
  for (const auto& [domain, server, after, last] : ranges) {
    if (!text.empty()) text += ',';
    text += fmt::format("{}-{}-{}", domain, server, after + 1);
    if (after + 1 != last) text += fmt::format("..{}", last);
  }
  return text;
}

std::vector<GtidList::Range> parse_gtid_ranges(std::string_view text) {
  GtidList::Parser parser{{text, "list of ranges of GTIDs"}};
  std::vector<GtidList::Range> ranges;
  parser.skip_blanks();
  while (!parser.at_end()) {
    if (!ranges.empty()) parser.take(',', "\",\"");
    parser.skip_blanks();
    ranges.push_back(parser.take_range());
    parser.skip_blanks();
  }
  return ranges;
}

}  // namespace topo
