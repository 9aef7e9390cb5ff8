// Arguments: what a request gives to an operation, from flags or from a path, already checked for its form.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "topo/base/instance_key.h"

namespace orchestrator {

// The kinds of things that operations are told. Flags and path segments are mapped to them.
enum class Parameter {
  instance,     // -i; :host/:port
  sibling,      // -s; :siblingHost/:siblingPort, :belowHost/:belowPort
  cluster,      // -i: a cluster's name, its alias, or one of its instances; :clusterName
  alias,        // -alias; :clusterAlias, ?alias=
  pattern,      // -pattern; ?pattern=
  search,       // -pattern; :searchString, ?s=
  page,         // :page
  subject,      // a word after the flags
  owner,        // -owner; :owner
  reason,       // -reason; :reason
  duration,     // -duration, ?duration=
  dry_run,      // -dry-run; ?dry-run=
  maintenance,  // :maintenanceKey
  process,      // :process
  strict,       // -strict; ?strict=
  binlog,       // -binlog; ?binlog=
  // Not over HTTP: a path is in logs.
  replication_user,         // -replication-user
  replication_password,     // -replication-password; secret
  replication_credentials,  // -replication-credentials
};
inline constexpr std::size_t parameter_count = 19;

class Arguments {
 public:
  void set_instance(topo::InstanceKey key) { instance_ = std::move(key); }
  void set_sibling(topo::InstanceKey key) { sibling_ = std::move(key); }
  void set_text(Parameter parameter, std::string text) { texts_[index(parameter)] = std::move(text); }

  [[nodiscard]] bool has(Parameter parameter) const;
  // As given: host names are not resolved. Throw Error{invalid_argument} when it is missing.
  [[nodiscard]] const topo::InstanceKey& instance() const;
  [[nodiscard]] const topo::InstanceKey& sibling() const;
  // Given, and not as one of the words for no.
  [[nodiscard]] bool is_on(Parameter parameter) const;
  // "" when it is missing.
  [[nodiscard]] std::string_view text(Parameter parameter) const;

 private:
  static std::size_t index(Parameter parameter) { return static_cast<std::size_t>(parameter); }

  std::optional<topo::InstanceKey> instance_, sibling_;
  std::array<std::optional<std::string>, parameter_count> texts_;
};

struct Flags;
struct Operation;

// From the command line: -i and -s get the default port where they have none, and an instance that is not
// given, but implied, is this host. Throws Error{invalid_argument} for what is missing or cannot be read.
[[nodiscard]] Arguments arguments_from_flags(const Operation& operation, const Flags& flags,
                                             std::uint16_t default_port);

// Throws Error{invalid_argument}, naming what `operation` needs and `arguments` does not have.
void require_complete(const Operation& operation, const Arguments& arguments);

}  // namespace orchestrator
