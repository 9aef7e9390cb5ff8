#include "system/support/refactoring_fixture.h"

#include <catch2/catch.hpp>

#include "sandbox/wait.h"

namespace system_test {
namespace {

using sandbox::patience;

}  // namespace

RefactoringFixture::RefactoringFixture(const sandbox::Topology& servers)
    : RefactoringFixture(servers, configuration_for(servers)) {}

RefactoringFixture::RefactoringFixture(const sandbox::Topology& servers, topo::Configuration configuration)
    : library(servers, std::move(configuration)),
      refactoring(library.context(),
                  [this](const std::vector<topo::Instance>& read) { library.discovery().take(read); }) {}

void check_rows(sandbox::Topology& servers, const std::vector<std::string>& names) {
  servers.wait_for_replication(patience);
  const auto sum = [&](const std::string& name) {
    return servers.server(name).query("checksum table sandbox_load.writes")[0].number_or("Checksum", -1);
  };
  const auto expected = sum(names.front());
  CHECK(expected > 0);
  for (const auto& name : names) {
    INFO("rows of " << name);
    CHECK(sum(name) == expected);
  }
}

void more_writes(sandbox::Writer& writer) {
  const auto target = writer.committed() + 20;
  sandbox::wait_until([&] { return writer.committed() >= target; }, patience, "writes");
}

std::string refusal(const std::function<void()>& operation, topo::Code code) {
  try {
    operation();
    return "";
  } catch (const topo::Error& error) {
    CHECK(error.code() == code);
    return error.what();
  }
}

std::string without_status(std::string tree) {
  for (auto at = tree.find(" ["); at != std::string::npos; at = tree.find(" [")) {
    tree.erase(at, tree.find(']', at) - at + 1);
  }
  return tree;
}

}  // namespace system_test
