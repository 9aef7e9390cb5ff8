// Arguments: the values that a request gives to an operation, from flags or a path, with their syntax already
// checked.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/parameters.h"
#include "topo/base/instance_key.h"

namespace orchestrator {

class Arguments {
 public:
  // The instance or the sibling.
  void set(Parameter parameter, topo::InstanceKey key) {
    (parameter == Parameter::sibling ? sibling_ : instance_) = std::move(key);
  }
  void set_text(Parameter parameter, std::string text) { texts_[index(parameter)] = std::move(text); }

  [[nodiscard]] bool has(Parameter parameter) const;
  // As given: host names are not resolved. Throw Error{invalid_argument} when the argument is missing.
  [[nodiscard]] const topo::InstanceKey& instance() const;
  [[nodiscard]] const topo::InstanceKey& sibling() const;
  // Whether the parameter is given, without a value or with one that means yes. Throws
  // Error{invalid_argument} for a value that means neither yes nor no.
  [[nodiscard]] bool is_on(Parameter parameter) const;
  // "" when the argument is missing.
  [[nodiscard]] std::string_view text(Parameter parameter) const;

 private:
  static std::size_t index(Parameter parameter) { return static_cast<std::size_t>(parameter); }

  std::optional<topo::InstanceKey> instance_, sibling_;
  std::array<std::optional<std::string>, parameter_count> texts_;
};

struct Flags;
struct Operation;

// From the command line: -i and -s get the default port where they have none, and an instance that is implied
// but not given is this host. Throws Error{invalid_argument} for a missing or malformed value, and for a flag
// that the operation does not take and that would have named something else than it does.
[[nodiscard]] Arguments arguments_from_flags(const Operation& operation, const Flags& flags,
                                             std::uint16_t default_port);
// The other flags that the operation does not take: "-reason is ignored: forget does not take it".
[[nodiscard]] std::vector<std::string> ignored_flags(const Operation& operation, const Flags& flags);

// The first parameter of the operation that `arguments` lacks; nullopt: it has all that are needed. A
// parameter counts as given when another one with the same flag is: a cluster may be named by an instance.
[[nodiscard]] std::optional<Parameter> missing_parameter(const Operation& operation,
                                                         const Arguments& arguments);
// Throws Error{invalid_argument} that names the parameters of `operation` which `arguments` lacks.
void require_complete(const Operation& operation, const Arguments& arguments);

}  // namespace orchestrator
