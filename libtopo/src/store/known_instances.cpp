#include "store/known_instances.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "store/instance_columns.h"
#include "store/table_factories.h"
#include "topo/store/operation_store.h"

namespace topo::store {
namespace {

// Ages by the backend's clock, as the clocks of the nodes that share it may differ.
constexpr std::string_view ages =
    "unix_timestamp(current_timestamp) - unix_timestamp(last_checked),"
    " unix_timestamp(current_timestamp) - unix_timestamp(last_seen)";
constexpr int age_columns = 5, operation_column_count = 9, rule_column_count = 2, replaced_column_count = 10,
              co_master_column_count = 2;

// Servers that unfinished operations have begun to change. Usually there are none.
constexpr std::string_view unended_operations =
    "LEFT JOIN (SELECT s.hostname AS op_server, s.port AS op_server_port, o.operation_id AS op_id,"
    " o.operation AS op_name, o.hostname AS op_hostname, o.port AS op_port, o.owner AS op_owner,"
    " o.process AS op_process, o.begin_timestamp AS op_begin,"
    " unix_timestamp(current_timestamp) - unix_timestamp(o.process_timestamp) AS op_age,"
    " s.complaint AS op_complaint, o.promotes AS op_promotes FROM topology_operation_server s"
    " JOIN topology_operation o ON o.operation_id = s.operation_id) unended"
    " ON op_server = hostname AND op_server_port = port";
constexpr std::string_view operation_columns =
    "op_name, op_hostname, op_port, op_owner, op_process, op_begin, op_age, op_complaint, op_promotes";

// What people want to become a master.
constexpr std::string_view promotion_rules =
    " LEFT JOIN (SELECT hostname AS rule_server, port AS rule_port, promotion_rule AS rule_name,"
    " unix_timestamp(current_timestamp) - unix_timestamp(last_suggested) AS rule_age"
    " FROM candidate_database_instance) rules ON rule_server = hostname AND rule_port = port";

PromotionRule rule_from(const RowView& row, int first, std::chrono::seconds expiry) {
  if (row.is_null(first)) return PromotionRule::neutral;
  if (row.text(first) == "must") return PromotionRule::prefer;  // of the Go program
  const auto rule = parse_promotion_rule(row.text(first)).value_or(PromotionRule::neutral);
  const bool is_old = std::chrono::seconds(row.number(first + 1)) > expiry;
  // A server that must not become a master does not become fit for it in time.
  return is_old && rule != PromotionRule::must_not ? PromotionRule::neutral : rule;
}

// Masters whose place another instance has taken. Usually there are none.
constexpr std::string_view former_masters =
    "LEFT JOIN (SELECT f.hostname AS fm_hostname, f.port AS fm_port,"
    " f.successor_hostname AS fm_successor, f.successor_port AS fm_successor_port,"
    " f.replaced_timestamp AS fm_replaced,"
    " unix_timestamp(current_timestamp) - unix_timestamp(f.replaced_timestamp) AS fm_age,"
    " f.server_id AS fm_server_id, f.server_uuid AS fm_server_uuid,"
    " s.cluster_name AS fm_cluster, s.master_host AS fm_master, s.master_port AS fm_master_port,"
    " CASE WHEN s.read_only = 0 AND s.slave_io_running = 0 AND s.slave_sql_running = 0 THEN 1 ELSE 0 END"
    " AS fm_takes_writes FROM former_master f LEFT JOIN database_instance s"
    " ON s.hostname = f.successor_hostname AND s.port = f.successor_port) former"
    " ON fm_hostname = hostname AND fm_port = port";
constexpr std::string_view replaced_columns =
    "fm_successor, fm_successor_port, fm_replaced, fm_age, fm_server_id, fm_server_uuid, fm_cluster,"
    " fm_master, fm_master_port, fm_takes_writes";

std::optional<ReplacedMaster> replaced_from(const RowView& row, int first) {
  if (row.is_null(first)) return std::nullopt;
  auto successor = row.key(first);
  if (!successor) return std::nullopt;
  ReplacedMaster replaced;
  replaced.successor = std::move(*successor);
  replaced.at = row.string(first + 2);
  replaced.age = std::chrono::seconds(std::max<std::int64_t>(0, row.number(first + 3)));
  replaced.server_id = static_cast<std::uint32_t>(row.number(first + 4));
  replaced.server_uuid = row.string(first + 5);
  if (!row.is_null(first + 6)) replaced.successor_cluster_name = row.string(first + 6);
  if (!row.is_null(first + 7)) replaced.successor_master = row.key(first + 7);
  replaced.successor_takes_writes = row.number(first + 9) != 0;
  return replaced;
}

// Co-masters that take writes. A pair of them is a mistake, and rare.
std::string writable_co_masters() {
  return fmt::format(
      "LEFT JOIN (SELECT hostname AS co_hostname, port AS co_port FROM database_instance"
      " WHERE is_co_master = 1 AND read_only = 0 AND {} = 1) co"
      " ON is_co_master = 1 AND read_only = 0 AND co_hostname = master_host AND co_port = master_port",
      is_valid);
}
constexpr std::string_view co_master_columns = "co_hostname, co_port";

bool has_operation_under_way(const RowView& row, int first, std::chrono::seconds expiry) {
  constexpr int process = 4, age = 6;
  return !row.is_null(first) &&
         is_under_way(row.text(first + process), std::chrono::seconds(row.number(first + age)), expiry);
}

std::string unfinished_from(const RowView& row, int first, std::chrono::seconds expiry) {
  constexpr int complaint = 7, promotes = 8;
  if (row.is_null(first) || has_operation_under_way(row, first, expiry)) return {};
  const bool was_looked_at = !row.is_null(first + complaint);
  const auto sentence = row.string(first + complaint);
  if (was_looked_at && sentence.empty()) return {};  // the problem is on other servers of the operation
  const auto subject = row.key(first + 1);
  return fmt::format("{} of {}, started {} by {}: {}",
                     title_of(row.text(first), row.number(first + promotes) != 0), display_of(subject),
                     row.text(first + 5), row.text(first + 3),
                     was_looked_at ? sentence : "its process ended before the operation was finished");
}

}  // namespace

std::string select_known_instances() {
  return fmt::format(
      "SELECT {}, {}, last_check_error, last_check_failure, {}, rule_name, rule_age, "
      "{}, {}, {} FROM database_instance {}{} {} {}",
      ages, is_valid, operation_columns, replaced_columns, co_master_columns, instance_column_list(),
      unended_operations, promotion_rules, former_masters, writable_co_masters());
}

std::optional<KnownInstance> known_from(const RowView& row, std::chrono::seconds expiry,
                                        std::chrono::seconds rule_expiry) {
  constexpr int rule_column = age_columns + operation_column_count;
  constexpr int first_replaced = rule_column + rule_column_count;
  constexpr int first_co_master = first_replaced + replaced_column_count;
  auto instance = instance_from(row, first_co_master + co_master_column_count);
  if (!instance) return std::nullopt;
  KnownInstance known;
  known.instance = std::move(*instance);
  const auto age = [&](int column) -> std::optional<std::chrono::seconds> {
    if (row.is_null(column)) return std::nullopt;
    return std::chrono::seconds(std::max<std::int64_t>(0, row.number(column)));
  };
  known.since_last_checked = age(0);
  known.since_last_seen = age(1);
  known.last_check_valid = row.number(2) != 0;
  known.last_check_error = row.string(3);
  if (!known.last_check_valid)
    known.last_check_failure = row.text(4).empty() ? ReadFailure::unknown : read_failure_from(row.text(4));
  known.unfinished_operation = unfinished_from(row, age_columns, expiry);
  known.promotion_rule = rule_from(row, rule_column, rule_expiry);
  known.replaced = replaced_from(row, first_replaced);
  if (known.replaced) known.replaced->is_in_operation = has_operation_under_way(row, age_columns, expiry);
  if (!row.is_null(first_co_master)) known.writable_co_master = row.key(first_co_master);
  return known;
}

}  // namespace topo::store
