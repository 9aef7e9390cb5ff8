// Results that no server would send: they may cause topo::Error, and nothing else.
#include <catch2/catch.hpp>
#include <string>

#include "fuzz/mutate.h"
#include "inspect/facts.h"
#include "support/recorded.h"
#include "topo/topology/status.h"

namespace facts_fuzz_test {

using topo::Instance;
using topo::mysql::ResultSet;

namespace {

constexpr const char* servers[] = {"mysql-5.5", "mysql-5.7",  "mysql-8.0.36",
                                   "mysql-9.7", "mariadb-12", "maxscale"};

struct Corpus {
  std::vector<ResultSet> answers;
  std::vector<std::string> cells, columns;
};

Corpus corpus() {
  Corpus made;
  for (const char* name : servers) {
    const auto server = recorded::Server::load(name);
    for (const auto& scene : server.scenes()) {
      for (const auto& statement : server.statements()) {
        const auto* answer = server.answer(scene, statement);
        if (answer == nullptr || answer->rows.empty()) continue;
        const auto& rows = answer->rows;
        made.answers.push_back(rows);
        made.columns.insert(made.columns.end(), rows.columns().begin(), rows.columns().end());
        for (std::size_t row = 0; row < rows.size(); ++row) {
          for (std::size_t column = 0; column < rows.columns().size(); ++column)
            made.cells.emplace_back(rows[row].text(column).value_or(""));
        }
      }
    }
  }
  return made;
}

// A recorded result with some cells, columns and rows changed.
ResultSet mutated(const Corpus& corpus, fuzz::Mutator& random, fuzz::Mutator& names) {
  const auto& original = random.pick(corpus.answers);
  auto columns = original.columns();
  if (random.chance(1, 4)) columns[random.up_to(columns.size() - 1)] = names.next();
  if (random.chance(1, 8)) columns.push_back(names.next());
  if (random.chance(1, 8)) columns.resize(1 + random.up_to(columns.size() - 1));
  std::vector<std::vector<std::optional<std::string>>> rows(random.chance(1, 8) ? random.up_to(5)
                                                                                : original.size());
  for (auto& row : rows) {
    const auto source = original[random.up_to(original.size() - 1)];
    for (std::size_t column = 0; column < columns.size(); ++column) {
      if (random.chance(1, 10)) {
        row.emplace_back(random.next());
      } else if (random.chance(1, 30) || !source.text(column)) {
        row.emplace_back(std::nullopt);
      } else {
        row.emplace_back(*source.text(column));
      }
    }
  }
  return {columns, rows};
}

}  // namespace

TEST_CASE("mutated results are harmless", "[inspect][fuzz][one-thread]") {
  namespace inspect = topo::inspect;
  const auto recorded = corpus();
  REQUIRE(recorded.answers.size() > 20);
  fuzz::Mutator random(
      fuzz::seed(), recorded.cells,
      {"Yes", "No", "NULL", "-9223372036854775808", "Binlog Dump", "group_replication_applier"});
  fuzz::Mutator names(fuzz::seed() + 1, recorded.columns, recorded.columns);
  const inspect::ResolveHost as_it_is = [](const topo::InstanceKey& told) { return told; };
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  INFO("FUZZ_SEED=" << fuzz::seed());

  for (std::uint64_t round = 0; round < fuzz::rounds(3000 / fuzz::fewer); ++round) {
    topo::KnownInstance known;
    Instance& instance = known.instance;
    instance.key = {"fuzzed", 3306};
    try {
      inspect::apply_facts(mutated(recorded, random, names), instance);
    } catch (const topo::Error&) {  // a result without rows
    }
    inspect::apply_maxscale_facts(mutated(recorded, random, names), instance);
    inspect::apply_uptime(mutated(recorded, random, names), instance);
    inspect::apply_binary_log_status(mutated(recorded, random, names), instance);
    inspect::apply_replica_status(mutated(recorded, random, names), as_it_is, instance);
    const auto dumping = inspect::apply_processes(mutated(recorded, random, names), now, instance);
    const auto registered = mutated(recorded, random, names);
    inspect::apply_replica_hosts(random.chance(1, 8) ? nullptr : &registered, dumping, as_it_is, instance);

    for (const auto& channel : instance.channels) {
      if (channel.master.has_value() && topo::host_name_problem(channel.master->hostname()))
        FAIL("a master that is no host");
      if (channel.seconds_behind_master.value_or(std::chrono::seconds(0)).count() < 0)
        FAIL("ahead of its master");
    }
    for (const auto& key : instance.replica_hosts) {
      if (!key.valid() || topo::host_name_problem(key.hostname())) FAIL("a replica that is no host");
    }
    if (topo::mysql::Dialect::of(instance.version).select_facts().empty()) FAIL("nothing to ask");
    if (topo::describe(known, {}).empty()) FAIL("nothing to say");
    if (topo::problems_of(known, {}).empty()) FAIL("never checked, and no problem");
  }
}

}  // namespace facts_fuzz_test
