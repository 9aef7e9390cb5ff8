// The one exception type of the library.
#pragma once

#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace topo {

// What kind of failure ended an operation. Frontends map it to exit and HTTP status in one table.
enum class Code {
  invalid_argument,  // the request itself is wrong; nothing was tried
  not_found,         // the thing named is not known
  refused,           // a rule says no; the message says which
  locked,            // somebody else holds what is needed
  unreachable,       // a server or name could not be reached
  sql,               // a server answered with an error
  timeout,           // a server did not answer in time
  backend,           // orchestrator's own store failed
};

// "invalid_argument" and so on, for logs.
[[nodiscard]] std::string_view to_string(Code code) noexcept;

// An operation ended without its result. The message is a sentence for a DBA: which instance or
// setting, what was tried, what the server said, what would be right. It never holds a secret.
class Error : public std::runtime_error {
 public:
  Error(Code code, const std::string& message);
  [[nodiscard]] Code code() const noexcept { return code_; }
  // Return addresses from where it was made, the innermost first; empty unless stacks are recorded.
  [[nodiscard]] std::span<void* const> stack() const noexcept;

 private:
  Code code_;
  std::shared_ptr<const std::vector<void*>> stack_;  // shared: copying an exception must not throw
};

// Whether errors made from now on, in the whole process, record where; off at first, as it takes time.
void record_stacks(bool on) noexcept;

}  // namespace topo
