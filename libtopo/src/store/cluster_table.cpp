// Clusters are derived from database_instance; their aliases are in cluster_alias.
#include <fmt/format.h>
#include <re2/re2.h>

#include <array>
#include <unordered_map>

#include "base/shown_text.h"
#include "store/stored_text.h"
#include "store/table_factories.h"
#include "topo/base/replaceable.h"

namespace topo::store {
namespace {

class ClusterTable : public ClusterStore {
 public:
  ClusterTable(Database& database, const Configuration& configuration)
      : database_(database), patterns_(compiled(configuration.cluster_name_to_alias)) {}

  void use_patterns(const std::map<std::string, std::string>& alias_by_pattern) override {
    patterns_.replace(compiled(alias_by_pattern));
  }

  std::vector<std::string> names() override {
    std::vector<std::string> names;
    database_.read([&](DatabaseSession& session) {
      names.clear();
      session.query("SELECT DISTINCT cluster_name FROM database_instance ORDER BY cluster_name", {},
                    [&](const RowView& row) { names.push_back(row.string(0)); });
    });
    return names;
  }

  std::vector<ClusterInfo> infos() override {
    std::vector<ClusterInfo> infos;
    std::unordered_map<std::string, std::string> aliases;
    database_.read([&](DatabaseSession& session) {
      infos.clear();
      aliases.clear();
      session.query(
          "SELECT cluster_name, COUNT(*), MAX(slave_lag_seconds) FROM database_instance"
          " GROUP BY cluster_name ORDER BY cluster_name",
          {}, [&](const RowView& row) {
            auto& info =
                infos.emplace_back(ClusterInfo{row.string(0), "", static_cast<unsigned>(row.number(1))});
            if (!row.is_null(2)) info.max_lag = std::chrono::seconds(row.number(2));
          });
      session.query("SELECT cluster_name, alias FROM cluster_alias", {},
                    [&](const RowView& row) { aliases.emplace(row.string(0), row.string(1)); });
    });
    for (auto& info : infos) {
      const auto found = aliases.find(info.cluster_name);
      info.cluster_alias = found != aliases.end() ? found->second : alias_by_pattern(info.cluster_name);
    }
    return infos;
  }

  std::optional<std::string> cluster_of_alias(std::string_view alias) override {
    std::optional<std::string> name;
    if (alias.empty()) return name;
    database_.read([&](DatabaseSession& session) {
      name.reset();
      session.query("SELECT cluster_name FROM cluster_alias WHERE alias = ?", {alias},
                    [&](const RowView& row) { name = row.string(0); });
    });
    if (name) return name;
    for (const auto& info : infos()) {
      if (info.cluster_alias == alias) return info.cluster_name;
    }
    return std::nullopt;
  }

  void set_alias(std::string_view cluster_name, std::string_view alias) override {
    require_names(cluster_name, alias);
    database_.write([&](DatabaseSession& session) { give(session, cluster_name, alias, false); });
  }

  std::string detect_alias(std::string_view cluster_name, std::string_view alias) override {
    require_names(cluster_name, alias);
    std::string owner;
    database_.write([&](DatabaseSession& session) {
      owner = keeper(session, alias).value_or(std::string(cluster_name));
      if (owner == cluster_name && !has_set_alias(session, cluster_name))
        give(session, cluster_name, alias, true);
    });
    return owner;
  }

  void withdraw_alias(std::string_view cluster_name) override {
    database_.write([&](DatabaseSession& session) {
      session.execute("DELETE FROM cluster_alias WHERE cluster_name = ? AND is_detected = 1", {cluster_name});
    });
  }

  void pass_alias(std::string_view from, std::string_view to) override {
    require_names(to, "");
    const auto configured = alias_by_pattern(std::string(from));
    const bool has_the_same = configured == alias_by_pattern(std::string(to));
    database_.write([&](DatabaseSession& session) {
      std::string alias;
      bool is_detected = false;
      session.query("SELECT alias, is_detected FROM cluster_alias WHERE cluster_name = ?" +
                        std::string(sql::for_update(database_.engine())),
                    {from}, [&](const RowView& row) {
                      alias = row.string(0);
                      is_detected = row.number(1) != 0;
                    });
      if (alias.empty() && !has_the_same) alias = configured;
      if (!alias.empty() && !has_set_alias(session, to)) give(session, to, alias, is_detected);
    });
  }

 private:
  using Patterns = std::vector<std::pair<std::unique_ptr<RE2>, std::string>>;

  static Patterns compiled(const std::map<std::string, std::string>& alias_by_pattern) {
    Patterns patterns;
    for (const auto& [pattern, alias] : alias_by_pattern)
      patterns.emplace_back(std::make_unique<RE2>(pattern, RE2::Quiet), alias);
    return patterns;
  }

  std::string alias_by_pattern(const std::string& cluster_name) const {
    const auto patterns = patterns_.current();
    for (const auto& [pattern, alias] : *patterns) {
      if (RE2::PartialMatch(cluster_name, *pattern)) return alias;
    }
    return {};
  }

  static void require_names(std::string_view cluster_name, std::string_view alias) {
    if (fits_name(cluster_name) && fits_name(alias)) return;
    throw Error(
        Code::invalid_argument,
        fmt::format("\"{}\" cannot be the alias of \"{}\": names have at most {} characters, in UTF-8",
                    shown_text(alias), shown_text(cluster_name), name_length));
  }

  void give(DatabaseSession& session, std::string_view cluster_name, std::string_view alias,
            bool is_detected) const {
    static constexpr std::array<std::string_view, 1> key{"cluster_name"};
    static constexpr std::array<std::string_view, 3> changed{"alias", "last_registered", "is_detected"};
    session.execute("DELETE FROM cluster_alias WHERE alias = ? AND cluster_name <> ?", {alias, cluster_name});
    if (alias.empty()) {
      session.execute("DELETE FROM cluster_alias WHERE cluster_name = ?", {cluster_name});
      return;
    }
    session.execute(
        "INSERT INTO cluster_alias (cluster_name, alias, last_registered, is_detected) VALUES (?, ?, "
        "current_timestamp, ?)" +
            sql::upsert_suffix(database_.engine(), key, changed),
        {cluster_name, alias, std::int64_t{is_detected ? 1 : 0}});
  }

  // Whether a user set the alias of the cluster.
  bool has_set_alias(DatabaseSession& session, std::string_view cluster_name) const {
    bool found = false;
    session.query(fmt::format("SELECT alias FROM cluster_alias WHERE cluster_name = ? AND is_detected = 0{}",
                              sql::for_update(database_.engine())),
                  {cluster_name}, [&](const RowView&) { found = true; });
    return found;
  }

  // The cluster that has the alias and whose head is healthy; nullopt: the alias is free.
  std::optional<std::string> keeper(DatabaseSession& session, std::string_view alias) const {
    std::optional<std::string> name;
    session.query(fmt::format("SELECT a.cluster_name FROM cluster_alias a JOIN database_instance i"
                              " ON i.cluster_name = a.cluster_name AND i.replication_depth = 0"
                              " WHERE a.alias = ? AND i.last_checked <= i.last_seen"
                              " AND COALESCE(i.last_check_error, '') = ''"
                              " AND (a.is_detected = 0 OR i.suggested_cluster_alias = a.alias){}",
                              sql::for_update(database_.engine())),
                  {alias}, [&](const RowView& row) { name = row.string(0); });
    return name;
  }

  Database& database_;
  Replaceable<Patterns> patterns_;
};

}  // namespace

std::unique_ptr<ClusterStore> make_cluster_store(Database& database, const Configuration& configuration) {
  return std::make_unique<ClusterTable>(database, configuration);
}

}  // namespace topo::store
