// What two servers must agree on when both have logged the same event, and what is each server's own.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pgtid/events.h"

namespace pgtid {

enum class Role : std::uint8_t {
  own,          // says nothing of the data, or is divided as each server likes: never compared
  transaction,  // names the transaction that follows, by GTID; `text` is the name, or empty
  begin,        // of a transaction; written by some servers only
  table,        // names a table that the rows of the statement are of
  content,      // has to be the same
  optional,     // may be in one log only, in other words, and does not change data that others have
  savepoint,    // as content; `text` is its name
  rollback_to,  // what came since the savepoint of that name is undone, and some servers do not log it
  end,          // of a transaction; has to be the same
  rollback,     // of a transaction, which has no effect but on tables that know no transactions
};

struct NormalEvent {
  Role role = Role::content;
  bool begins = false;    // a transaction that `role` only names: it will have an end
  std::string_view text;  // valid until the next call, or as long as the event's own
};

// Where a rule is needed.
enum class Origin : std::uint8_t { any, mysql, mariadb };

// One row of the rules. For an event the first that names its type counts, and of several for one type and
// both flavours that of the flavour that wrote it; none: its Info is compared as it is.
struct Rule {
  std::string_view type;  // Event_type
  Origin origin;
  NormalEvent (*apply)(std::string_view type, std::string_view info, std::string& space);
  std::string_view reason;
};
[[nodiscard]] std::span<const Rule> rules();

// Brings the events of one log into the form in which they are compared. The tables of a statement of rows
// are named before its rows, in any order, some twice or without rows: those that have some are told with the
// last of the rows.
class Normaliser {
 public:
  [[nodiscard]] NormalEvent operator()(const Event& event);

 private:
  struct Table {
    std::uint64_t id = 0;
    std::string name;
    bool has_rows = false;
  };
  void name_table(std::string_view info, std::string_view name);
  void note_rows(std::string_view info);
  std::string_view statement_of_rows(std::string_view kind);

  std::string space_;
  std::vector<Table> tables_;  // of the statement that is being read
};

// Whether such an event can be an entry, if its Info matches: it shows a statement, written by somebody. What
// servers write by themselves, such as BEGIN, is no entry: it is alike in all transactions. Nor is what some
// servers leave out, such as FLUSH or the dropping of temporary tables.
[[nodiscard]] bool may_be_entry(std::string_view type, const NormalEvent& normal);

// The text of an entry, by which it is found in another server's log: its Info, without what each server adds
// to a statement of its own accord. May be in `space`, else in `info`.
[[nodiscard]] std::string_view entry_text(std::string_view info, std::string& space);

// A number for a text and the server that it comes from; the same in every process that was built with the
// same standard library, and nowhere else.
[[nodiscard]] std::uint64_t identity_of(std::string_view text, std::uint32_t server_id) noexcept;

}  // namespace pgtid
