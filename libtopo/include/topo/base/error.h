// The one exception type of the library.
#pragma once

#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace topo {

// The kind of failure that ended an operation. Frontends map it to exit and HTTP status in one table.
enum class Code {
  invalid_argument,  // the request itself is wrong; nothing was tried
  not_found,         // the named object is unknown
  refused,           // a rule forbids the operation; the message names the rule
  locked,            // another process or user holds a required lock
  unreachable,       // a server or name could not be reached
  sql,               // a server returned an error
  timeout,           // a server did not answer in time
  backend,           // orchestrator's own backend failed
  busy,              // too much of this kind is running; try again later
};

// "invalid_argument" and so on, for logs.
[[nodiscard]] std::string_view to_string(Code code) noexcept;

// Names of results, for programs: why servers could not be compared, or what was found.
namespace results {
inline constexpr std::string_view rejoined = "rejoined";
inline constexpr std::string_view errant_transactions =
    "errant_transactions";  // one has what the other lacks
inline constexpr std::string_view cannot_be_compared = "cannot_be_compared";
inline constexpr std::string_view purged = "purged";  // logs that would be needed are deleted
inline constexpr std::string_view unreachable = "unreachable";
}  // namespace results

// An operation ended without a result. The message is a sentence for a DBA: which instance or setting, what
// was tried, what the server said, and the remedy. It never contains a secret.
class Error : public std::runtime_error {
 public:
  Error(Code code, const std::string& message) : Error(code, message, {}) {}
  // `result` is one of `results`.
  Error(Code code, const std::string& message, std::string_view result);
  [[nodiscard]] Code code() const noexcept { return code_; }
  [[nodiscard]] std::string_view result() const noexcept { return result_; }  // "": it has no name
  // Return addresses of the point of construction, innermost first; empty unless stacks are recorded.
  [[nodiscard]] std::span<void* const> stack() const noexcept;

 private:
  Code code_;
  std::string_view result_;
  std::shared_ptr<const std::vector<void*>> stack_;  // shared: copying an exception must not throw
};

// Enables or disables recording of stacks for new errors, process-wide. Off by default: it takes time.
void record_stacks(bool on) noexcept;

}  // namespace topo
