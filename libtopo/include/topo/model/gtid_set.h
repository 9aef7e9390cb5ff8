// GtidSet: which transactions a MySQL server has, by GTID. MySQL Reference Manual, "GTID Format and Storage".
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace topo {

// A set of GTIDs, also of tagged ones (MySQL 8.3). Every function takes time in proportion to the sizes of
// the sets, or of a text as servers write it: a text in another order is sorted first.
class GtidSet {
 public:
  GtidSet() = default;

  // Parses what servers report: "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5:9:tag:1-2", separated by commas,
  // with blanks and line breaks between the parts. Throws Error{invalid_argument} with the place and what is
  // expected there.
  [[nodiscard]] static GtidSet parse(std::string_view text);
  // As a server writes it, without line breaks; "" for the empty set.
  [[nodiscard]] std::string text() const;

  [[nodiscard]] bool empty() const noexcept { return parts_.empty(); }
  // The number of transactions; the largest number if there are more.
  [[nodiscard]] std::uint64_t count() const noexcept;

  [[nodiscard]] bool contains(const GtidSet& other) const noexcept;
  // The transactions of this set that are not in the other: GTID_SUBTRACT().
  [[nodiscard]] GtidSet minus(const GtidSet& other) const;
  [[nodiscard]] GtidSet united(const GtidSet& other) const;
  [[nodiscard]] GtidSet common(const GtidSet& other) const;
  // Those that the server of this UUID committed first, tagged ones too. Empty if that is no UUID.
  [[nodiscard]] GtidSet from(std::string_view server_uuid) const;
  // Those that others committed first.
  [[nodiscard]] GtidSet without(std::string_view server_uuid) const { return minus(from(server_uuid)); }

  // One text for each transaction, at most `limit`, in the order of text(): "3e11fa47-…:5",
  // "3e11fa47-…:tag:5".
  [[nodiscard]] std::vector<std::string> each(std::size_t limit) const;

  friend bool operator==(const GtidSet&, const GtidSet&) = default;

 private:
  // Where a transaction was first committed.
  struct Source {
    std::array<std::uint8_t, 16> uuid{};
    std::string tag;  // in lower case; "": none
    friend auto operator<=>(const Source&, const Source&) = default;
  };
  // Both ends belong to it.
  struct Interval {
    std::uint64_t first = 0, last = 0;
    friend auto operator<=>(const Interval&, const Interval&) = default;
  };
  struct Part {
    Source source;
    std::vector<Interval> intervals;  // ascending, with a gap between any two; not empty
    friend bool operator==(const Part&, const Part&) = default;
  };
  struct Parser;

  // `combine` makes the intervals of a source from those of both sets, of which one may be missing.
  [[nodiscard]] static std::string uuid_text(const Source& source);
  template <typename Combine>
  static GtidSet merged(const GtidSet& a, const GtidSet& b, const Combine& combine);
  static std::vector<Interval> subtract(const std::vector<Interval>& a, const std::vector<Interval>& b);
  static std::vector<Interval> unite(const std::vector<Interval>& a, const std::vector<Interval>& b);
  static std::vector<Interval> intersect(const std::vector<Interval>& a, const std::vector<Interval>& b);

  std::vector<Part> parts_;  // ascending
};

}  // namespace topo
