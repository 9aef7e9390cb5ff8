#include "refactor/demoted_account.h"

#include <spdlog/spdlog.h>

#include <catch2/catch.hpp>

#include "refactor/rehearsal.h"
#include "support/picture.h"
#include "topo/topology/topology.h"
#include "unit/config/refusal.h"

namespace demoted_account_test {

using Catch::Contains;
using fake::Fleet;
using picture::key;
using topo::mysql::ReplicationAccount;

namespace {

const ReplicationAccount given{"repl", "s3cret", false, {}, {}, {}};

// The plan and the account that make-co-master of b > a arrives at, with the answers of the servers.
struct Attempt {
  explicit Attempt(Fleet& fleet, const std::optional<ReplicationAccount>& flags = std::nullopt) {
    std::vector<topo::KnownInstance> known;
    std::unordered_map<topo::InstanceKey, topo::Instance> read;
    for (const auto& [name, instance] : fleet.all()) {
      read[name] = instance;
      known.push_back(picture::known(instance));
    }
    plan = rehearsal::plan(rehearsal::scene("make co-master"), topo::Topology(std::move(known)));
    account = topo::refactor::account_of_demoted(fleet, plan, read.at(key("a")), read.at(key("b")), flags);
  }
  topo::Plan plan;
  std::optional<ReplicationAccount> account;
};

}  // namespace

TEST_CASE("a master that has a replication account is given no other", "[refactor]") {
  Fleet fleet(rehearsal::scene("make co-master").picture, rehearsal::transactions);
  fleet.set_credentials(given);
  const Attempt attempt(fleet);
  CHECK_FALSE(attempt.account);
  CHECK_THAT(describe(attempt.plan), !Contains("account"));
}

TEST_CASE("a master without an account is given that of the flags, or else that of the query", "[refactor]") {
  Fleet fleet(rehearsal::scene("make co-master").picture, rehearsal::transactions);
  const std::optional<bool> has_account = GENERATE(std::optional<bool>(false), std::optional<bool>());
  fleet.set_account(key("a"), has_account);
  CHECK(Attempt(fleet, given).account->user == "repl");
  fleet.set_credentials({"other", "s3cret", false, "/ca.pem", {}, {}});
  CHECK(Attempt(fleet, given).account->user == "repl");
  const Attempt by_query(fleet);
  CHECK(by_query.account->user == "other");
  CHECK(by_query.account->ca_file == "/ca.pem");
  const auto text = describe(by_query.plan);
  CHECK_THAT(text, Contains("replicate from") && Contains("with the account given") && !Contains("s3cret"));
}

TEST_CASE("a master without an account is left alone if none is given", "[refactor]") {
  Fleet fleet(rehearsal::scene("make co-master").picture, rehearsal::transactions);
  fleet.set_account(key("a"), false);
  CHECK_THAT(refusal([&] { Attempt{fleet}; }, topo::Code::refused),
             Contains("has no account to replicate with") && Contains("-replication-credentials") &&
                 Contains("ReplicationCredentialsQuery"));
  fleet.set_account(key("a"), std::nullopt);
  CHECK_THAT(refusal([&] { Attempt{fleet}; }, topo::Code::refused),
             Contains("does not tell whether it has an account"));
}

TEST_CASE("the privileges for a rollback are checked before anything is done", "[refactor]") {
  Fleet fleet(rehearsal::scene("make co-master").picture, rehearsal::transactions);
  fleet.take_privilege(key("a"), "RELOAD, to make it forget a master");
  CHECK_THAT(refusal([&] { Attempt(fleet, given); }, topo::Code::refused),
             Contains("lacks privileges on " + key("a").display() +
                      ": RELOAD, to make it forget a master; grant them"));
}

TEST_CASE("the step gives the master the given account", "[refactor]") {
  Fleet fleet(rehearsal::scene("make co-master").picture, rehearsal::transactions);
  fleet.set_account(key("a"), false);
  Attempt attempt(fleet, given);
  auto options = rehearsal::impatient();
  options.account = attempt.account;
  std::unordered_map<topo::InstanceKey, topo::Instance> then;
  for (const auto& [name, instance] : fleet.all()) then[name] = instance;
  spdlog::logger log("silent");
  const auto outcome = topo::refactor::execute(fleet, attempt.plan, then, options, log);
  CHECK(outcome.failed.empty());
  REQUIRE(fleet.account(key("a")));
  CHECK(fleet.account(key("a"))->password == "s3cret");
}

}  // namespace demoted_account_test
