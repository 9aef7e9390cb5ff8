#include "topo/config/live_configuration.h"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>
#include <type_traits>

#include "config/keys.h"
#include "topo/base/error.h"

using topo::Configuration;
using topo::LiveConfiguration;
using Names = std::vector<std::string>;

namespace {

// Sets a value different from the current one.
template <typename Value>
void change(Value& value) {
  if constexpr (std::is_same_v<Value, bool>) {
    value = !value;
  } else if constexpr (std::is_same_v<Value, std::string>) {
    value += "x";
  } else if constexpr (std::is_same_v<Value, std::vector<std::string>>) {
    value.emplace_back("x");
  } else if constexpr (std::is_same_v<Value, std::map<std::string, std::string>>) {
    value["x"] = "y";
  } else {
    ++value;
  }
}

}  // namespace

TEST_CASE("Each key takes effect at once or at the next start, and is reported by name", "[config]") {
  std::size_t live_keys = 0;
  for (const auto& section : topo::config::sections()) {
    for (const auto& key : section.keys) {
      INFO(key.name);
      LiveConfiguration live({});
      auto next = live.current();
      std::visit([&](auto member) { change(next.*member); }, key.member);
      const auto changes = live.replace(next);
      const Names name{std::string(key.name)};
      CHECK(changes.taken == (key.at_start ? Names{} : name));
      CHECK(changes.at_next_start == (key.at_start ? name : Names{}));
      const bool has_next =
          std::visit([&](auto member) { return live.current().*member == next.*member; }, key.member);
      CHECK(has_next == !key.at_start);
      live_keys += key.at_start ? 0 : 1;
    }
  }
  CHECK(live_keys > 30);
}

TEST_CASE("A reference to an earlier configuration stays valid", "[config]") {
  LiveConfiguration live({});
  const auto& before = live.current();
  auto next = before;
  next.audit_page_size = 7;
  next.mysql_topology_password = "other";
  CHECK(live.replace(next).taken == Names{"MySQLTopologyPassword", "AuditPageSize"});
  CHECK(before.audit_page_size == 20);
  CHECK(live.current().audit_page_size == 7);
  const auto& now = live.current();
  CHECK(live.replace(next).taken.empty());
  CHECK(&live.current() == &now);
  // A repeated configuration reuses the earlier object.
  next.audit_page_size = 20;
  next.mysql_topology_password.clear();
  live.replace(next);
  CHECK(&live.current() == &before);
}

TEST_CASE("A refused configuration is not applied", "[config]") {
  Configuration first;
  first.auto_pseudo_gtid = true;
  LiveConfiguration live(first);
  const auto pattern = live.current().pseudo_gtid_pattern;
  CHECK_FALSE(pattern.empty());
  auto next = live.current();
  next.audit_page_size = 7;
  next.pseudo_gtid_pattern = "does not find what is injected";
  CHECK_THROWS_AS(live.replace(next), topo::Error);
  CHECK(live.current().audit_page_size == 20);
  next.pseudo_gtid_pattern.clear();
  const auto refuse = [](const Configuration& shown) {
    CHECK(shown.audit_page_size == 7);
    throw topo::Error(topo::Code::invalid_argument, "no");
  };
  CHECK_THROWS_AS(live.replace(next, refuse), topo::Error);
  CHECK(live.current().audit_page_size == 20);
  live.replace(next);
  CHECK(live.current().audit_page_size == 7);
  CHECK(live.current().pseudo_gtid_pattern == pattern);
}

TEST_CASE("A configuration has many readers while it is replaced", "[config][threads]") {
  LiveConfiguration live({});
  std::atomic<bool> over{false};
  std::atomic<int> torn{0};
  std::vector<std::jthread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!over) {
        const auto& now = live.current();
        const bool is_first = now.audit_page_size == 20;
        if (now.maintenance_owner != (is_first ? "" : std::to_string(now.audit_page_size))) ++torn;
      }
    });
  }
  for (int i = 100; i < 400; ++i) {
    auto next = live.current();
    next.audit_page_size = i;
    next.maintenance_owner = std::to_string(i);
    live.replace(next);
  }
  over = true;
  readers.clear();
  CHECK(torn == 0);
}
