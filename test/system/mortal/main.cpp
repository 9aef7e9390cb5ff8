// Runs an operation and kills itself in the middle, as kill -9 would.
//
//   mortal_operation SQLITE-FILE OPERATION STEP before|within NAME=HOST:PORT…
//
// Dies `before` step number STEP, counted from 0, or `within` it, some time after it began. Exits with 0 if
// the operation ends before that.
#include <fmt/format.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <map>
#include <random>
#include <span>
#include <thread>

#include "system/support/operation_fixture.h"
#include "topo/base/error.h"
#include "topo/context.h"

namespace {

void die() {
  kill(getpid(), SIGKILL);
}

void die_soon() {
  std::thread([] {
    std::this_thread::sleep_for(std::chrono::microseconds(std::random_device{}() % 3000));
    die();
  }).detach();
}

int act(std::span<char*> words) {
  const int step = std::atoi(words[3]);
  const bool within = std::string_view(words[4]) == "within";
  std::map<std::string, topo::InstanceKey> keys;
  for (const std::string word : words.subspan(5)) {
    const auto equals = word.find('=');
    keys[word.substr(0, equals)] = topo::InstanceKey::parse(word.substr(equals + 1), 3306);
  }
  topo::Context context(system_test::configuration_for(std::filesystem::path(words[1])));
  topo::refactor::Refactoring refactoring(context, nullptr);
  std::atomic<int> steps = 0;
  refactoring.on_step([&](const std::string&) {
    if (steps++ != step) return;
    if (within)
      die_soon();
    else
      die();
  });
  for (const auto* all : {&system_test::staged_operations(), &system_test::staged_matching_operations(),
                          &system_test::staged_quiet_operations(), &system_test::staged_promotions(),
                          &system_test::staged_takeovers()}) {
    for (const auto& operation : *all) {
      if (std::string_view(operation.name) == words[2])
        static_cast<void>(operation.run(refactoring, [&](const std::string& name) { return keys.at(name); }));
    }
  }
  if (steps > step) die();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return act({argv, static_cast<std::size_t>(argc)});
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
