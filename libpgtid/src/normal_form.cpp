#include "pgtid/normal_form.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <unordered_map>

#include "query_text.h"

namespace pgtid {
namespace {

// --- Rules

NormalEvent skip(std::string_view, std::string_view, std::string&) {
  return {Role::own, false, {}};
}

bool drop_beginning(std::string_view& text, std::string_view beginning) {
  if (!text.starts_with(beginning)) return false;
  text.remove_prefix(beginning.size());
  return true;
}

NormalEvent query(std::string_view, std::string_view info, std::string& space) {
  const auto sql = without_additions(info, space);
  if (sql == "BEGIN") return {Role::begin, true, {}};
  if (sql == "COMMIT" || sql.starts_with("COMMIT /*")) return {Role::end, false, "COMMIT"};
  if (sql == "ROLLBACK" || sql.starts_with("ROLLBACK /*")) return {Role::rollback, false, "ROLLBACK"};
  auto name = sql;
  if (drop_beginning(name, "SAVEPOINT ")) return {Role::savepoint, false, name};
  if (drop_beginning(name, "ROLLBACK TO ")) return {Role::rollback_to, false, name};
  if (is_optional(sql)) return {Role::optional, false, sql};
  return {Role::content, false, common_form(sql, space)};
}

// For engines without transactions, some servers log a Query "COMMIT" instead.
NormalEvent xid(std::string_view, std::string_view, std::string&) {
  return {Role::end, false, "COMMIT"};
}

NormalEvent xa_prepare(std::string_view, std::string_view info, std::string&) {
  return {Role::end, false, info};
}

NormalEvent anonymous_gtid(std::string_view, std::string_view, std::string&) {
  return {Role::transaction, false, {}};
}

NormalEvent mysql_gtid(std::string_view, std::string_view info, std::string&) {
  const auto quote = info.find('\'');
  if (quote == std::string_view::npos) return {Role::own, false, {}};
  auto name = info.substr(quote + 1);
  if (name.ends_with('\'')) name.remove_suffix(1);
  return {Role::transaction, false, name};
}

// "BEGIN GTID 0-1-2 cid=7", "XA START … GTID 0-1-2", or "GTID 0-1-2" before a statement that commits
// implicitly.
NormalEvent mariadb_gtid(std::string_view, std::string_view info, std::string&) {
  constexpr std::string_view mark = "GTID ";
  const auto at = info.rfind(mark);
  if (at == std::string_view::npos) return {Role::own, false, {}};
  const auto name = info.substr(at + mark.size());
  return {Role::transaction, at > 0, name.substr(0, name.find(' '))};
}

// "table_id: 108 (shop.orders)"
NormalEvent table_map(std::string_view, std::string_view info, std::string&) {
  const auto name = info.find('(');
  return {Role::table, false, name == std::string_view::npos ? info : info.substr(name)};
}

// "table_id: 108 flags: STMT_END_F". Each server splits the rows of a statement into events by its own
// binlog_row_event_max_size; only the last event, which has the flag, is in all logs.
NormalEvent rows(std::string_view type, std::string_view info, std::string&) {
  if (info.find("STMT_END_F") == std::string_view::npos) return {Role::own, false, {}};
  return {Role::content, false, type.substr(0, type.find("_rows"))};
}

// "@`name`=_utf8 0x77C3 COLLATE utf8_general_ci" in MySQL, X'77C3' in MariaDB.
NormalEvent user_variable(std::string_view, std::string_view info, std::string& space) {
  constexpr std::string_view mark = " 0x";
  const auto begin = info.rfind(mark);
  if (begin == std::string_view::npos) return {Role::content, false, common_form(info, space)};
  const auto digits = begin + mark.size();
  const auto end = std::min(info.find(' ', digits), info.size());
  std::string made(info.substr(0, begin));
  made.append(" X'").append(info.substr(digits, end - digits)).append("'").append(info.substr(end));
  space = std::move(made);
  return {Role::content, false, common_form(space, space)};
}

NormalEvent loaded_file(std::string_view, std::string_view info, std::string& space) {
  return {Role::content, false, without_loaded_file(without_additions(info, space), space)};
}

constexpr std::array all_rules{
    Rule{"Query", Origin::any, query, "xids and settings that some servers show with a statement"},
    Rule{"Xid", Origin::any, xid, "xids are each server's own"},
    Rule{"XA_prepare", Origin::any, xa_prepare, "ends a transaction, too"},
    Rule{"User var", Origin::any, user_variable, "each flavour writes binary and character sets its way"},
    Rule{"Table_map", Origin::any, table_map, "ids, order and number are each server's own"},
    Rule{"Write_rows", Origin::any, rows, "table ids, and how rows are divided into events"},
    Rule{"Update_rows", Origin::any, rows, "the same"},
    Rule{"Delete_rows", Origin::any, rows, "the same"},
    Rule{"Write_rows_v1", Origin::any, rows, "an older or MariaDB's form"},
    Rule{"Update_rows_v1", Origin::any, rows, "the same"},
    Rule{"Delete_rows_v1", Origin::any, rows, "the same"},
    Rule{"Update_rows_partial", Origin::mysql, rows, "JSON that was changed in part"},
    Rule{"Write_rows_compressed", Origin::mariadb, rows, "log_bin_compress is each server's own"},
    Rule{"Update_rows_compressed", Origin::mariadb, rows, "the same"},
    Rule{"Delete_rows_compressed", Origin::mariadb, rows, "the same"},
    Rule{"Write_rows_compressed_v1", Origin::mariadb, rows, "the same"},
    Rule{"Update_rows_compressed_v1", Origin::mariadb, rows, "the same"},
    Rule{"Delete_rows_compressed_v1", Origin::mariadb, rows, "the same"},
    Rule{"Query_compressed", Origin::mariadb, query, "the same"},
    Rule{"Gtid", Origin::mysql, mysql_gtid, "compared only where both logs have the same ones"},
    Rule{"Gtid_tagged", Origin::mysql, mysql_gtid, "the same"},
    Rule{"Gtid", Origin::mariadb, mariadb_gtid, "compared only where both logs have the same ones"},
    Rule{"Anonymous_Gtid", Origin::mysql, anonymous_gtid, "MySQL 5.7 and newer; names nothing"},
    Rule{"Format_desc", Origin::any, skip, "the head of a file"},
    Rule{"Rotate", Origin::any, skip, "files end where each server likes"},
    Rule{"Stop", Origin::any, skip, "a server was shut down"},
    Rule{"Previous_gtids", Origin::mysql, skip, "the head of a file"},
    Rule{"Gtid_list", Origin::mariadb, skip, "the head of a file"},
    Rule{"Binlog_checkpoint", Origin::mariadb, skip, "what a server needs for its own recovery"},
    Rule{"Start_encryption", Origin::mariadb, skip, "the head of a file"},
    Rule{"Heartbeat", Origin::any, skip, "a sign of life"},
    Rule{"Rows_query", Origin::mysql, skip, "binlog_rows_query_log_events is each server's own"},
    Rule{"Annotate_rows", Origin::mariadb, skip, "binlog_annotate_row_events is each server's own"},
    Rule{"Transaction_payload", Origin::mysql, skip, "binlog_transaction_compression is each server's own"},
    Rule{"Begin_load_query", Origin::any, skip, "numbers and sizes of a loaded file are each server's own"},
    Rule{"Append_block", Origin::any, skip, "the same"},
    Rule{"Execute_load_query", Origin::any, loaded_file, "the same"},
};

bool is_of_mariadb(std::string_view gtid) {
  return gtid.find("GTID ") != std::string_view::npos;
}

// "table_id: 108 …"
std::uint64_t table_id(std::string_view info) {
  std::uint64_t id = 0;
  if (drop_beginning(info, "table_id: ")) std::from_chars(info.data(), info.data() + info.size(), id);
  return id;
}

using Index = std::unordered_map<std::string_view, const Rule*>;

const Index& index_of_rules() {
  static const Index index = [] {
    Index made;
    for (const auto& rule : all_rules) made.try_emplace(rule.type, &rule);
    return made;
  }();
  return index;
}

const Rule& mariadb_gtid_rule() {
  static const auto* const rule = std::find_if(all_rules.begin(), all_rules.end(), [](const Rule& one) {
    return one.type == "Gtid" && one.origin == Origin::mariadb;
  });
  return *rule;
}

}  // namespace

std::span<const Rule> rules() {
  return all_rules;
}

void Normaliser::name_table(std::string_view info, std::string_view name) {
  const auto id = table_id(info);
  for (auto& table : tables_) {
    if (table.id != id) continue;
    table.name = name;
    return;
  }
  tables_.push_back({id, std::string(name)});
}

void Normaliser::note_rows(std::string_view info) {
  const auto id = table_id(info);
  for (auto& table : tables_) table.has_rows = table.has_rows || table.id == id;
}

std::string_view Normaliser::statement_of_rows(std::string_view kind) {
  std::sort(tables_.begin(), tables_.end(), [](const Table& a, const Table& b) { return a.name < b.name; });
  space_ = kind;
  std::string_view last;
  for (const auto& table : tables_) {
    if (!table.has_rows || table.name == last) continue;
    space_.append(" ").append(table.name);
    last = table.name;
  }
  tables_.clear();
  return space_;
}

NormalEvent Normaliser::operator()(const Event& event) {
  const auto& index = index_of_rules();
  const auto found = index.find(event.type);
  if (found == index.end()) return {Role::content, false, event.info};
  const Rule* rule = found->second;
  if (rule->apply == mysql_gtid && is_of_mariadb(event.info)) rule = &mariadb_gtid_rule();
  auto normal = rule->apply(event.type, event.info, space_);
  if (rule->apply == rows) {
    note_rows(event.info);
    if (normal.role == Role::content) normal.text = statement_of_rows(normal.text);
  } else if (normal.role == Role::table) {
    name_table(event.info, normal.text);
  } else if (normal.role != Role::own && normal.role != Role::content) {
    tables_.clear();  // the statement had no rows
  }
  return normal;
}

bool may_be_entry(std::string_view type, const NormalEvent& normal) {
  if (normal.role == Role::content)
    return type == "Query" || type == "Query_compressed" || type == "Execute_load_query";
  return type == "Rows_query" || type == "Annotate_rows";
}

std::string_view entry_text(std::string_view info, std::string& space) {
  return common_form(without_additions(info, space), space);
}

std::uint64_t identity_of(std::string_view text, std::uint32_t server_id) noexcept {
  constexpr std::uint64_t odd = 0x9e3779b97f4a7c15;
  return std::hash<std::string_view>{}(text) ^ (server_id * odd);
}

}  // namespace pgtid
