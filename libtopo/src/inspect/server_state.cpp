#include "inspect/server_state.h"

#include "topo/mysql/dialect.h"
#include "topo/mysql/semi_sync.h"

namespace topo::inspect {

Instance read_server_state(mysql::Connection& connection, const InstanceKey& key, const ResolveHost& resolve,
                           bool with_log_end, const std::vector<std::string>& more) {
  const auto dialect = mysql::Dialect::of(connection.server_version());
  std::vector<std::string> statements{dialect.select_facts(), dialect.show_replica_status()};
  if (with_log_end) statements.push_back(dialect.show_binary_log_status());
  statements.insert(statements.end(), more.begin(), more.end());
  const auto needed = statements.size();
  // Last: a server that refuses these is changed all the same, and they are unknown.
  const bool has_semi_sync = dialect.flavour() != mysql::Flavour::maxscale;
  if (has_semi_sync) {
    statements.emplace_back(mysql::show_semi_sync_variables(dialect));
    statements.emplace_back(mysql::show_semi_sync_status(dialect));
  }
  const auto answers = connection.query_all(statements);
  for (std::size_t i = 0; i < needed; ++i) {
    if (answers[i].error) throw *answers[i].error;
  }
  Instance instance;
  instance.key = key;
  apply_facts(answers[0].rows, instance);
  apply_replica_status(answers[1].rows, resolve, instance);
  if (with_log_end) apply_binary_log_status(answers[2].rows, instance);
  if (has_semi_sync) apply_semi_sync(answers[needed], answers[needed + 1], instance);
  return instance;
}

}  // namespace topo::inspect
