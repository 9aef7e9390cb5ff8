#include "inspect/server_state.h"

#include "topo/mysql/dialect.h"

namespace topo::inspect {

Instance read_server_state(mysql::Connection& connection, const InstanceKey& key, const ResolveHost& resolve,
                           bool with_log_end, const std::vector<std::string>& more) {
  const auto dialect = mysql::Dialect::of(connection.server_version());
  std::vector<std::string> statements{dialect.select_facts(), dialect.show_replica_status()};
  if (with_log_end) statements.push_back(dialect.show_binary_log_status());
  statements.insert(statements.end(), more.begin(), more.end());
  const auto answers = connection.query_all(statements);
  for (const auto& answer : answers) {
    if (answer.error) throw *answer.error;
  }
  Instance instance;
  instance.key = key;
  apply_facts(answers[0].rows, instance);
  apply_replica_status(answers[1].rows, resolve, instance);
  if (with_log_end) apply_binary_log_status(answers[2].rows, instance);
  return instance;
}

}  // namespace topo::inspect
