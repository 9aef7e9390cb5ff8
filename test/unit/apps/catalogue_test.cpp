#include "common/catalogue.h"

#include <catch2/catch.hpp>
#include <set>

#include "common/help.h"
#include "http/router.h"

using namespace orchestrator;

TEST_CASE("Names and aliases of operations are unique") {
  std::set<std::string_view> names;
  for (const auto& operation : catalogue()) {
    CHECK(names.insert(operation.name).second);
    for (const auto alias : operation.aliases) CHECK(names.insert(alias).second);
  }
}

TEST_CASE("Every operation has help and an implementation") {
  for (const auto& operation : catalogue()) {
    INFO(operation.name);
    CHECK_FALSE(operation.summary.empty());
    CHECK_FALSE(operation.summary.ends_with('.'));
    CHECK(operation.help.ends_with('\n'));
    CHECK((operation.on_command_line || !operation.routes.empty()));
    CHECK((operation.handler != nullptr) == operation.program.empty());
    CHECK_FALSE((operation.cacheable && operation.access == Access::write));
    CHECK(operation_help(operation).find(operation.summary) != std::string::npos);
    if (operation.on_command_line) {
      CHECK(operation.help.find("orchestrator ") != std::string::npos);
      CHECK(general_help().find(operation.name) != std::string::npos);
    }
  }
}

TEST_CASE("The routes of the catalogue do not contradict each other") {
  CHECK_NOTHROW(Router(catalogue()));
  Operation other{.name = "other", .routes = {"/api/clusters"}};
  Catalogue twice{*find_operation("clusters"), other};
  CHECK_THROWS_AS(Router(twice), std::logic_error);
  Catalogue unknown_slot{Operation{.name = "x", .routes = {"/api/x/:nothing"}}};
  CHECK_THROWS_AS(Router(unknown_slot), std::logic_error);
}

TEST_CASE("Operations are found by either spelling") {
  CHECK(find_operation("which-replicas") == find_operation("which-slaves"));
  CHECK(find_operation("replication-status") == find_operation("instance-status"));
  CHECK(find_operation("") == nullptr);
  CHECK(find_operation("Topology") == nullptr);
}

TEST_CASE("An unknown command gets the nearest one as a suggestion") {
  CHECK(unknown_command("topolgy").ends_with("did you mean topology?"));
  CHECK(unknown_command("nothing-like-it").ends_with("lists the commands"));
  CHECK(unknown_command(std::string(100'000, 'x')).size() < 200);
}

TEST_CASE("A word that is a command, without -c, gets -c as a suggestion") {
  CHECK(unknown_mode("topology") == "Unknown mode \"topology\"; did you mean -c topology?");
  CHECK(unknown_mode("which-replicas").ends_with("did you mean -c which-replicas?"));
  CHECK(unknown_mode("serve") == "Unknown mode \"serve\"; expected cli or http, and a command with -c");
}

TEST_CASE("In the list of commands, blanks separate name and summary") {
  const auto help = general_help();
  for (const auto& operation : catalogue()) {
    if (!operation.on_command_line) continue;
    INFO(operation.name);
    const auto at = help.find("\n  " + std::string(operation.name) + "  ");
    REQUIRE(at != std::string::npos);
    const auto line = help.substr(at + 1, help.find('\n', at + 1) - at - 1);
    CHECK(line.ends_with("  " + std::string(operation.summary)));
  }
}

TEST_CASE("Help shows one command, all commands, or the reference") {
  CHECK(help_on("") == general_help());
  CHECK(help_on("which-replicas") == operation_help(*find_operation("which-slaves")));
  CHECK(help_on("reference").find("### forget (*changes*)") != std::string::npos);
  CHECK_THROWS_AS(help_on("nothing"), topo::Error);
}
