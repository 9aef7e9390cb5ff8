// Rehearsal: runs each operation of the registry on an in-memory fleet, and checks what must hold after any
// fault.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "fuzz/mutate.h"
#include "refactor/fake_fleet.h"
#include "topo/refactor/execution.h"
#include "topo/refactor/operation.h"
#include "topo/topology/planning.h"

namespace rehearsal {

inline constexpr int transactions = 10;

// An operation of the registry and the servers it works on.
struct Scene {
  const char* name;
  const char* picture;
  const char* operation;
  topo::refactor::OperationArguments arguments;
  const char* result;  // "replica<master" of all replicas afterwards
  // Other possible results, if the result depends on how much each server has executed.
  std::vector<std::string> or_results{};
  // `seen`: the known topology where it differs from the fleet. `prepare`: changes the fleet beforehand.
  topo::Topology (*seen)(const topo::Topology&) = nullptr;
  void (*prepare)(fake::Fleet&) = nullptr;
  // This server, and those below it, need not replicate afterwards.
  std::optional<topo::InstanceKey> stopped{};
  bool skips_rows = false;       // the stopped server lacks a transaction afterwards
  bool is_irreversible = false;  // a step whose answer is lost cannot be undone
  // It takes the place of the master: exactly one of the two is writable, whatever happens.
  std::optional<topo::InstanceKey> successor{};
};
[[nodiscard]] bool is_result_of(const Scene& scene, const std::string& tree);
[[nodiscard]] const std::vector<Scene>& scenes();

// Tests that let each call of a scene fail, one after the other, begin with the first one and take every
// stride-th: each call, or with sanitizers, which are slow, each eighth, beginning with another one in other
// scenes.
inline constexpr int call_stride = fuzz::fewer > 1 ? 8 : 1;
[[nodiscard]] int first_call(const Scene& scene);
[[nodiscard]] const Scene& scene(std::string_view name);
[[nodiscard]] topo::Plan plan(const Scene& scene, const topo::Topology& topology);
// Applies Scene::prepare.
void prepare(fake::Fleet& fleet, const Scene& scene);
// The irreversible step was done: Scene::stopped, or Scene::successor, has no master any more.
[[nodiscard]] bool is_forgotten(const Scene& scene, const fake::Fleet& fleet);
// The leftovers, and the replicas that a promotion could not take along, for check_after().
[[nodiscard]] std::vector<topo::Leftover> told_of(const topo::refactor::Outcome& outcome);
// Adds Scene::stopped, for check_after().
[[nodiscard]] std::vector<topo::Leftover> also_left(const Scene& scene, std::vector<topo::Leftover> left);

struct Run {
  topo::Plan plan;
  topo::refactor::Outcome outcome;
  std::map<topo::InstanceKey, topo::Instance> then;
};
// No waits, and one strand at a time, so that the n-th call is the same in each run.
[[nodiscard]] topo::refactor::ExecutionOptions impatient();
[[nodiscard]] Run run(fake::Fleet& fleet, const Scene& scene,
                      const topo::refactor::ExecutionOptions& options = impatient());

// "b<a c<b"
[[nodiscard]] std::string tree(const fake::Fleet& fleet);

// The server whose rows are not compared; invalid: none.
[[nodiscard]] topo::InstanceKey not_compared(const Scene& scene);

// Writes one more transaction. Checks that no row is lost or doubled, and that every server that ran before
// runs again, except those that `left` names, dead ones, and those below them.
void check_after(fake::Fleet& fleet, const std::map<topo::InstanceKey, topo::Instance>& then,
                 const std::vector<topo::Leftover>& left, const topo::InstanceKey& dead = {});

}  // namespace rehearsal
