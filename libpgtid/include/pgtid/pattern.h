// The pattern of Pseudo-GTID entries.
#pragma once

#include <memory>
#include <string_view>

namespace pgtid {

// A regular expression in RE2 syntax, matched anywhere in the Info text of an event. Case-sensitive.
// Thread-safe.
class Pattern {
 public:
  // Throws std::invalid_argument with the reason if the expression does not compile or is empty: an empty
  // expression would match every event.
  explicit Pattern(std::string_view expression);
  ~Pattern();
  Pattern(Pattern&&) noexcept;
  Pattern& operator=(Pattern&&) noexcept;

  [[nodiscard]] bool matches(std::string_view info) const;
  [[nodiscard]] std::string_view text() const noexcept;

 private:
  struct Compiled;
  std::unique_ptr<const Compiled> compiled_;
};

}  // namespace pgtid
