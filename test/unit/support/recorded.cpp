#include "support/recorded.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>

#include "inspect/facts.h"

namespace recorded {
namespace {

using topo::mysql::Answer;
using topo::mysql::ResultSet;
using topo::mysql::SqlError;

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

struct Cell {
  std::string column;
  std::optional<std::string> value;
};

// "   Master_Host: db1". nullopt: the line does not begin a column.
std::optional<Cell> parse_cell(std::string_view line) {
  const auto begin = line.find_first_not_of(' ');
  const auto colon = line.find(':');
  if (begin == std::string_view::npos || colon == std::string_view::npos || colon <= begin)
    return std::nullopt;
  const auto name = line.substr(begin, colon - begin);
  if (!std::all_of(name.begin(), name.end(), is_name_character)) return std::nullopt;
  auto value = line.substr(colon + 1);
  if (!value.empty() && value.front() != ' ') return std::nullopt;
  if (!value.empty()) value.remove_prefix(1);
  Cell cell{std::string(name), std::string(value)};
  if (value == "NULL") cell.value.reset();
  return cell;
}

// "ERROR 1227 (42000): Access denied"
SqlError parse_error(std::string_view line) {
  unsigned number = 0;
  const auto digits = line.substr(std::string_view("ERROR ").size());
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const auto colon = line.find(": ");
  if (number == 0 || colon == std::string_view::npos)
    throw std::runtime_error(fmt::format("not an error line: {}", line));
  const std::string reason(line.substr(colon + 2));
  return {topo::Code::sql, number, reason, reason};
}

// Rows of a result while they are parsed.
struct Rows {
  std::vector<std::string> columns;
  std::vector<std::vector<std::optional<std::string>>> rows;

  void add(std::string_view line) {
    if (rows.empty()) throw std::runtime_error(fmt::format("a value before the first row: {}", line));
    auto& row = rows.back();
    auto cell = parse_cell(line);
    const bool is_first = rows.size() == 1;
    const bool begins_column =
        cell && (is_first || (row.size() < columns.size() && cell->column == columns[row.size()]));
    if (begins_column) {
      if (is_first) columns.push_back(cell->column);
      row.push_back(std::move(cell->value));
    } else if (!row.empty() && row.back()) {
      row.back()->append("\n").append(line);
    } else {
      throw std::runtime_error(fmt::format("not a column: {}", line));
    }
  }
};

}  // namespace

Server Server::parse(std::string_view text) {
  Server server;
  Rows rows;
  Answer* answer = nullptr;
  const auto finish = [&] {
    if (answer != nullptr && !rows.rows.empty()) answer->rows = ResultSet(rows.columns, rows.rows);
    rows = {};
    answer = nullptr;
  };
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (answer == nullptr && (line.empty() || line.starts_with('#'))) continue;
    if (line.starts_with("version ")) {
      server.version_ = line.substr(std::string_view("version ").size());
    } else if (line.starts_with("== ")) {
      finish();
      server.scenes_.push_back({std::string(line.substr(3)), {}});
    } else if (line.starts_with("mysql> ")) {
      finish();
      if (server.scenes_.empty()) throw std::runtime_error("a statement before the first scene");
      auto& answers = server.scenes_.back().answers;
      answer = &answers.emplace_back(std::string(line.substr(7)), Answer{}).second;
    } else if (answer == nullptr) {
      throw std::runtime_error(fmt::format("an answer before its statement: {}", line));
    } else if (line.starts_with("ERROR ")) {
      answer->error = parse_error(line);
    } else if (line.starts_with("***") && line.find(". row ***") != std::string_view::npos) {
      rows.rows.emplace_back();
    } else if (!line.empty() && line != "Empty set") {
      rows.add(line);
    }
  }
  finish();
  if (server.version_.empty()) throw std::runtime_error("no version");
  return server;
}

Server Server::load(std::string_view name) {
  const auto path = fmt::format("{}/recorded/{}.txt", TEST_DATA, name);
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error(fmt::format("cannot read {}", path));
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  try {
    return parse(text);
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(fmt::format("{}: {}", path, error.what()));
  }
}

std::vector<std::string> Server::scenes() const {
  std::vector<std::string> names;
  for (const auto& scene : scenes_) names.push_back(scene.name);
  return names;
}

std::vector<std::string> Server::statements() const {
  std::vector<std::string> all;
  for (const auto& scene : scenes_) {
    for (const auto& [statement, answer] : scene.answers) all.push_back(statement);
  }
  return all;
}

const Answer* Server::answer(std::string_view scene, std::string_view statement) const {
  const auto found =
      std::find_if(scenes_.begin(), scenes_.end(), [&](const Scene& s) { return s.name == scene; });
  if (found == scenes_.end()) throw std::runtime_error(fmt::format("no scene \"{}\"", scene));
  for (const auto& [asked, answer] : found->answers) {
    if (asked == statement) return &answer;
  }
  return nullptr;
}

topo::Instance read_instance(const Server& server, std::string_view scene, const topo::InstanceKey& key) {
  namespace inspect = topo::inspect;
  const auto dialect = server.dialect();
  const auto rows_of = [&](const std::string& statement) -> const ResultSet* {
    const auto* answer = server.answer(scene, statement);
    return answer == nullptr || answer->error ? nullptr : &answer->rows;
  };
  const inspect::ResolveHost as_it_is = [](const topo::InstanceKey& told) { return told; };
  topo::Instance instance;
  instance.key = key;
  if (const auto* rows = rows_of(dialect.select_facts())) {
    if (dialect.flavour() == topo::mysql::Flavour::maxscale) {
      inspect::apply_maxscale_facts(*rows, instance);
    } else {
      inspect::apply_facts(*rows, instance);
    }
  }
  if (const auto* rows = rows_of(dialect.show_uptime())) inspect::apply_uptime(*rows, instance);
  if (const auto* rows = rows_of(dialect.show_binary_log_status()))
    inspect::apply_binary_log_status(*rows, instance);
  if (const auto* rows = rows_of(dialect.show_replica_status()))
    inspect::apply_replica_status(*rows, as_it_is, instance);
  std::vector<std::string> dumping;
  if (const auto* rows = rows_of(dialect.select_processes(60)))
    dumping = inspect::apply_processes(*rows, topo::Timestamp{}, instance);
  inspect::apply_replica_hosts(rows_of(dialect.show_replicas()), dumping, as_it_is, instance);
  return instance;
}

ResultSet one_row(const std::vector<std::pair<std::string, std::optional<std::string>>>& columns_and_values) {
  std::vector<std::string> columns;
  std::vector<std::optional<std::string>> row;
  for (const auto& [column, value] : columns_and_values) {
    columns.push_back(column);
    row.push_back(value);
  }
  return {std::move(columns), {std::move(row)}};
}

}  // namespace recorded
