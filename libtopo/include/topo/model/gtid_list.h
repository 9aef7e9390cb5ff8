// GtidList: how far a MariaDB server has got, by GTID. MariaDB Knowledge Base, "Global Transaction ID".
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace topo {

// GTIDs such as "0-1-15,0-2-18,7-1-3": domain, server id and sequence number, at most one for each server in
// a domain. Two kinds of lists are written like this. gtid_binlog_state has the last transaction of each
// server in each domain: it tells exactly what a server has logged. Positions, such as gtid_slave_pos and
// Gtid_IO_Pos, have one transaction for each domain, the last one: what precedes it in the domain is not in
// the text.
class GtidList {
 public:
  struct Gtid {
    std::uint32_t domain = 0, server = 0;
    std::uint64_t number = 0;
    friend auto operator<=>(const Gtid&, const Gtid&) = default;
  };
  // Transactions of one server in one domain, with the numbers after `after` up to `last`. Servers of a
  // domain share its numbers: a range has at most last - after transactions.
  struct Range {
    std::uint32_t domain = 0, server = 0;
    std::uint64_t after = 0, last = 0;
    friend auto operator<=>(const Range&, const Range&) = default;
  };

  GtidList() = default;

  // Throws Error{invalid_argument} with the place and what is expected there, also if a server occurs twice
  // in a domain.
  [[nodiscard]] static GtidList parse(std::string_view text);
  // As a server writes it, ascending; "" for an empty list.
  [[nodiscard]] std::string text() const;

  [[nodiscard]] bool empty() const noexcept { return gtids_.empty(); }
  // Ascending.
  [[nodiscard]] const std::vector<Gtid>& gtids() const noexcept { return gtids_; }

  // For two states of binary logs, where a server's transactions are logged in the order of their numbers.
  [[nodiscard]] bool contains(const GtidList& other) const noexcept;
  [[nodiscard]] std::vector<Range> minus(const GtidList& other) const;
  [[nodiscard]] GtidList united(const GtidList& other) const;
  [[nodiscard]] GtidList common(const GtidList& other) const;
  // Those of this server, and of all others.
  [[nodiscard]] GtidList from(std::uint32_t server_id) const;
  [[nodiscard]] GtidList without(std::uint32_t server_id) const;

  // The last transaction of each domain: of a state, the position.
  [[nodiscard]] GtidList position() const;

  friend bool operator==(const GtidList&, const GtidList&) = default;

 private:
  struct Parser;
  friend std::vector<Range> parse_gtid_ranges(std::string_view text);
  std::vector<Gtid> gtids_;  // ascending, one for each domain and server
};

// "0-1-15,0-2-18,7-1-3"; "" of none.
[[nodiscard]] std::string text(const std::vector<GtidList::Gtid>& gtids);
// The sum of the ranges: the largest possible number of transactions, at most the largest number.
[[nodiscard]] std::uint64_t count(const std::vector<GtidList::Range>& ranges) noexcept;
// "0-1-16..18,7-1-1..3"
[[nodiscard]] std::string text(const std::vector<GtidList::Range>& ranges);
// Parses what text() returns. Throws Error{invalid_argument} with the place and what is expected there.
[[nodiscard]] std::vector<GtidList::Range> parse_gtid_ranges(std::string_view text);

}  // namespace topo
