// Router: maps a path to an operation of the catalogue and its arguments.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/arguments.h"
#include "common/catalogue.h"
#include "http/target.h"

namespace orchestrator {

// A placeholder for a value in a route, such as ":host" in "/api/instance/:host/:port".
struct Slot {
  enum class Part { whole, host, port };
  Parameter parameter;
  Part part = Part::whole;
  friend bool operator==(const Slot&, const Slot&) = default;
};

// ":host" or "host" to its slot; nullopt: there is no such slot.
[[nodiscard]] std::optional<Slot> slot_named(std::string_view name);

// A parsed route of the catalogue: "/api/search/:x?s=:searchString".
struct RouteParts {
  std::vector<std::string_view> segments;                            // ":x" for a value
  std::vector<std::pair<std::string_view, std::string_view>> query;  // name, and ":searchString"
};
// Refers to `route`. Throws std::logic_error for a query parameter without a slot.
[[nodiscard]] RouteParts route_parts(std::string_view route);

// All routes of the operation, including those of its aliases.
[[nodiscard]] std::vector<std::string> routes_of(const Operation& operation);

struct RouteMatch {
  const Operation* operation = nullptr;
  // Values by slot, as views into the target.
  std::vector<std::pair<Slot, std::string_view>> values;
  // What is wrong with the query of a request that changes something; "": nothing. Other requests may have
  // any.
  std::string query_mistake = {};

  // Throws Error{invalid_argument} for a missing or malformed value.
  [[nodiscard]] Arguments arguments() const;
};

// Immutable; safe for use by any number of threads. A tree of segments: the lookup time does not depend on
// the number of routes.
class Router {
 public:
  // `operations` must outlive the router. Throws std::logic_error for routes that contradict each other or
  // have a slot that does not exist.
  explicit Router(const Catalogue& operations);
  ~Router();

  // nullopt: no such route. The result refers to `target`.
  [[nodiscard]] std::optional<RouteMatch> match(const Target& target) const;

 private:
  struct Node;
  void add(const Operation& operation, std::string_view route);
  static const Node* walk(const Node& node, const std::vector<std::string>& segments, std::size_t depth,
                          std::vector<std::string_view>& captured);

  std::unique_ptr<Node> root_;
};

}  // namespace orchestrator
