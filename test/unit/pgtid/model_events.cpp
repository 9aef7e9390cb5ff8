// The events that a server of each flavour logs of a transaction.
#include <array>

#include "unit/pgtid/model.h"

namespace model {
namespace {

class EventsOfTransaction {
 public:
  EventsOfTransaction(const Transaction& transaction, const Settings& settings, Numbers& numbers,
                      Random& random)
      : transaction_(transaction), settings_(settings), numbers_(numbers), random_(random) {}

  std::vector<RawEvent> make() {
    add_gtid();
    if (!transaction_.commits_by_itself && !is_mariadb(settings_.flavour)) add("Query", "BEGIN");
    for (const auto& change : transaction_.changes) {
      if (change.is_rows) {
        add_rows(change);
      } else {
        add_statement(change);
      }
    }
    if (!transaction_.commits_by_itself) add_end();
    return std::move(events_);
  }

 private:
  void add(std::string_view type, std::string info) {
    events_.push_back({type, transaction_.server_id, 0, std::move(info)});
  }

  void add_gtid() {
    const auto sequence = std::to_string(numbers_.sequence);
    const auto server = std::to_string(transaction_.server_id);
    switch (settings_.flavour) {
      case Flavour::mysql_56: return;
      case Flavour::mysql_9: return add("Anonymous_Gtid", "SET @@SESSION.GTID_NEXT= 'ANONYMOUS'");
      case Flavour::mysql_9_gtid:
        return add("Gtid", "SET @@SESSION.GTID_NEXT= '00000000-aaaa-bbbb-cccc-00000000000" + server + ":" +
                               sequence + "'");
      case Flavour::mariadb:
      case Flavour::mariadb_118: {
        auto info = "GTID 0-" + server + "-" + sequence;
        if (!transaction_.commits_by_itself) info.insert(0, "BEGIN ");
        if (random_.chance(1, 4)) info += " cid=" + std::to_string(++numbers_.last_id);
        return add("Gtid", std::move(info));
      }
    }
  }

  void add_statement(const Change& change) {
    if (!change.variable.empty()) add(change.variable_type, change.variable);
    auto text = change.text;
    if (transaction_.has_settings && is_mariadb(settings_.flavour)) {
      const auto use = text.find("; ");
      text.insert(use == std::string::npos ? 0 : use + 2, "set sql_auto_is_null=1; ");
    }
    const bool is_mysql_9 =
        settings_.flavour == Flavour::mysql_9 || settings_.flavour == Flavour::mysql_9_gtid;
    if (transaction_.commits_by_itself && is_mysql_9)
      text += " /* xid=" + std::to_string(++numbers_.last_id) + " */";
    add("Query", std::move(text));
  }

  void add_rows(const Change& change) {
    const auto table_id = "table_id: " + std::to_string(++numbers_.last_id);
    if (settings_.annotates) {
      if (is_mariadb(settings_.flavour)) {
        add("Annotate_rows", "insert into " + change.text);
      } else if (settings_.flavour != Flavour::mysql_56 || random_.chance(1, 2)) {
        add("Rows_query", "# insert into " + change.text);
      }
    }
    add("Table_map", table_id + " (" + change.text + ")");
    for (auto left = change.rows_size; left > settings_.largest_rows_event;
         left -= settings_.largest_rows_event)
      add(rows_type(change), table_id);
    add(rows_type(change), table_id + " flags: STMT_END_F");
  }

  [[nodiscard]] std::string_view rows_type(const Change& change) const {
    using Names = std::array<std::string_view, 3>;
    constexpr Names newer{"Write_rows", "Update_rows", "Delete_rows"};
    constexpr Names of_mariadb{"Write_rows_v1", "Update_rows_v1", "Delete_rows_v1"};
    const auto& names = is_mariadb(settings_.flavour) ? of_mariadb : newer;
    return names[change.rows_type == "Write" ? 0 : change.rows_type == "Update" ? 1 : 2];
  }

  void add_end() {
    if (transaction_.has_xid) {
      add("Xid", "COMMIT /* xid=" + std::to_string(++numbers_.last_id) + " */");
    } else {
      add("Query", "COMMIT");
    }
  }

  const Transaction& transaction_;
  const Settings& settings_;
  Numbers& numbers_;
  Random& random_;
  std::vector<RawEvent> events_;
};

}  // namespace

std::vector<RawEvent> events_of(const Transaction& transaction, const Settings& settings, Numbers& numbers,
                                Random& random) {
  return EventsOfTransaction(transaction, settings, numbers, random).make();
}

}  // namespace model
