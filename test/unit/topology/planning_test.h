// What the tests of plans share: a plan as text, the refusal of one, and changed topologies.
#pragma once

#include <catch2/catch.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "support/picture.h"
#include "topo/base/error.h"
#include "topo/topology/planning.h"

namespace planning_test {

using picture::key;
using topo::KnownInstance;
using topo::Topology;

inline const topo::RuleLimits planning_limits;

// Removes the ports, which are all the same.
inline std::string short_text(std::string text) {
  for (auto at = text.find(":3306"); at != std::string::npos; at = text.find(":3306", at)) text.erase(at, 5);
  return text;
}

inline std::string shown(const topo::Plan& plan) {
  return short_text(topo::describe(plan));
}

inline std::string refusal(const std::function<topo::Plan()>& planning) {
  try {
    static_cast<void>(planning());
    return "";
  } catch (const topo::Error& error) {
    CHECK((error.code() == topo::Code::refused || error.code() == topo::Code::not_found ||
           error.code() == topo::Code::locked));
    return short_text(error.what());
  }
}

// A topology with one instance changed.
inline Topology changed(std::string_view drawn, const char* name,
                        const std::function<void(KnownInstance&)>& change) {
  auto instances = picture::instances(drawn);
  for (auto& known : instances)
    if (known.instance.key == key(name)) change(known);
  return Topology(std::move(instances));
}

// "b<a c<a ": the topology that the plan makes.
inline std::string result(const topo::Plan& plan) {
  std::string text;
  for (const auto& [replica, master] : plan.result)
    text += replica.hostname() + "<" + master.hostname() + " ";
  return text;
}

inline void silence(KnownInstance& known) {
  known.last_check_valid = false;
  known.last_check_error = "no route";
  known.last_check_failure = topo::ReadFailure::no_answer;
}

inline void stop_sql(KnownInstance& known) {
  known.instance.channels.front().sql_thread = topo::ThreadState::stopped;
}

}  // namespace planning_test
