// The normal form of events: the part that is equal in the logs of all servers that have the event.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pgtid/events.h"

namespace pgtid {

enum class Role : std::uint8_t {
  own,          // specific to one server, or split differently by each server: never compared
  transaction,  // GTID of the transaction that follows; `text` is the GTID, or empty
  begin,        // of a transaction; only some servers log it
  table,        // a table of the following rows
  content,      // must be equal
  optional,     // may be missing or differ in one log; changes no data that other servers have
  savepoint,    // compared like content; `text` is its name
  rollback_to,  // undoes the events since the savepoint of that name; some servers do not log it
  end,          // of a transaction; must be equal
  rollback,     // of a transaction; affects non-transactional tables only
};

struct NormalEvent {
  Role role = Role::content;
  bool begins = false;    // begins a transaction that has an end event
  std::string_view text;  // valid until the next call, or as long as the views of the event
};

// The flavour that a rule is for.
enum class Origin : std::uint8_t { any, mysql, mariadb };

// One row of the rules. The first rule for the type of an event applies; if each flavour has a rule for the
// type, the rule of the flavour that wrote the event. Without a rule, Info is compared unchanged.
struct Rule {
  std::string_view type;  // Event_type
  Origin origin;
  NormalEvent (*apply)(std::string_view type, std::string_view info, std::string& space);
  std::string_view reason;
};
[[nodiscard]] std::span<const Rule> rules();

// Converts the events of one log to normal form. Table_map events precede the rows of a statement in any
// order, some of them repeated or without rows: the tables that have rows are added to the last rows event.
// For one thread at a time.
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
  std::vector<Table> tables_;  // of the current statement
};

// Whether an event can be an entry if its Info matches: it shows a statement of a client. Events that servers
// generate, such as BEGIN, are not entries: they are equal in all transactions. Neither are statements that
// some servers do not log, such as FLUSH or DROP TEMPORARY TABLE.
[[nodiscard]] bool may_be_entry(std::string_view type, const NormalEvent& normal);

// The text that identifies an entry in the logs of all servers: its Info without what each server adds to a
// statement. The result refers to `space` or `info`.
[[nodiscard]] std::string_view entry_text(std::string_view info, std::string& space);

// A hash of a text and the id of its server. Equal in all processes built with the same standard library
// only.
[[nodiscard]] std::uint64_t identity_of(std::string_view text, std::uint32_t server_id) noexcept;

}  // namespace pgtid
