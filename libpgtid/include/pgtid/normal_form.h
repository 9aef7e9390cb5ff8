// What two servers must agree on when both have logged the same event, and what is each server's own.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "pgtid/events.h"

namespace pgtid {

enum class Role : std::uint8_t {
  own,          // says nothing of the data, or is divided as each server likes: never compared
  transaction,  // names the transaction that follows, by GTID; `text` is the name, or empty
  begin,        // of a transaction; written by some servers only
  content,      // has to be the same
  end,          // of a transaction; has to be the same
};

struct NormalEvent {
  Role role = Role::content;
  bool begins = false;    // a transaction that `role` only names: it will have an end
  std::string_view text;  // valid until the next call, or as long as the event's own
};

// Where a rule is needed.
enum class Origin : std::uint8_t { any, mysql, mariadb };

// One row of the rules. For an event the first that names its type counts; none: its Info is compared as it
// is.
struct Rule {
  std::string_view type;  // Event_type
  Origin origin;
  NormalEvent (*apply)(std::string_view type, std::string_view info, std::string& space);
  std::string_view reason;
};
[[nodiscard]] std::span<const Rule> rules();

class Normaliser {
 public:
  [[nodiscard]] NormalEvent operator()(const Event& event);

 private:
  std::string space_;
};

// Whether such an event can be an entry, if its Info matches: it shows a statement, written by somebody. What
// servers write by themselves, such as BEGIN, is no entry: it is alike in all transactions.
[[nodiscard]] bool may_be_entry(std::string_view type, const NormalEvent& normal);

// The text of an entry, by which it is found in another server's log: its Info, without what each server adds
// to a statement of its own accord. May be in `space`, else in `info`.
[[nodiscard]] std::string_view entry_text(std::string_view info, std::string& space);

// A number for a text and the server that it comes from; the same in every process that was built with the
// same standard library, and nowhere else.
[[nodiscard]] std::uint64_t identity_of(std::string_view text, std::uint32_t server_id) noexcept;

}  // namespace pgtid
