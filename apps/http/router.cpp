#include "http/router.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <stdexcept>

#include "http/split.h"
#include "topo/base/error.h"
#include "topo/base/one_line.h"

namespace orchestrator {
namespace {

Slot slot_of(std::string_view text, std::string_view route) {
  if (const auto slot = slot_named(text)) return *slot;
  throw std::logic_error(fmt::format("Route {}: there is no slot {}", route, text));
}

std::vector<std::string_view> parts_of(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  split(text, separator, [&](std::string_view part) {
    parts.push_back(part);
    return true;
  });
  return parts;
}

struct QuerySlot {
  std::string name;
  Slot slot;
};

std::string readable_name(std::string_view name) {
  constexpr std::size_t max_length = 40;
  return name.size() > max_length ? "of that name" : topo::one_line(name);
}

std::string unknown_parameter(std::string_view name, const Operation& operation,
                              const std::vector<QuerySlot>& known) {
  std::string names;
  for (const auto& slot : known) names.append(names.empty() ? "; it takes " : ", ").append(slot.name);
  return fmt::format("{} has no parameter {} in its query{}", operation.name, readable_name(name), names);
}

}  // namespace

struct Router::Node {
  std::map<std::string, std::unique_ptr<Node>, std::less<>> children;
  std::unique_ptr<Node> any_child;  // for a segment that is a value

  const Operation* operation = nullptr;  // nullptr: no route ends here
  std::vector<Slot> slots;               // of the values on the path to this node
  std::vector<QuerySlot> query;
};

std::optional<Slot> slot_named(std::string_view name) {
  if (name.starts_with(':')) name.remove_prefix(1);
  const auto all = parameters();
  for (std::size_t i = 0; i < all.size() && !name.empty(); ++i) {
    const auto parameter = static_cast<Parameter>(i);
    if (name == all[i].port_slot) return Slot{parameter, Slot::Part::port};
    if (name == all[i].slot)
      return Slot{parameter, all[i].port_slot.empty() ? Slot::Part::whole : Slot::Part::host};
  }
  return std::nullopt;
}

RouteParts route_parts(std::string_view route) {
  RouteParts parts;
  const auto question = std::min(route.find('?'), route.size());
  parts.segments = parts_of(route.substr(1, question - 1), '/');
  if (question == route.size()) return parts;
  for (const auto pair : parts_of(route.substr(question + 1), '&')) {
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos)
      throw std::logic_error(fmt::format("Route {}: {} has no slot", route, pair));
    parts.query.emplace_back(pair.substr(0, equals), pair.substr(equals + 1));
  }
  return parts;
}

std::vector<std::string> routes_of(const Operation& operation) {
  std::vector<std::string> routes;
  const auto by_name = fmt::format("/api/{}/", operation.name);
  for (const auto& route : operation.routes) {
    routes.emplace_back(route);
    if (!route.starts_with(by_name)) continue;
    for (const auto alias : operation.aliases)
      routes.push_back(fmt::format("/api/{}/{}", alias, std::string_view(route).substr(by_name.size())));
  }
  return routes;
}

Router::Router(const Catalogue& operations) : root_(std::make_unique<Node>()) {
  for (const auto& operation : operations) {
    for (const auto& route : routes_of(operation)) add(operation, route);
  }
}

Router::~Router() = default;

void Router::add(const Operation& operation, std::string_view route) {
  const auto parts = route_parts(route);
  Node* node = root_.get();
  std::vector<Slot> slots;
  for (const auto segment : parts.segments) {
    if (segment.starts_with(':')) slots.push_back(slot_of(segment, route));
    auto& child = segment.starts_with(':') ? node->any_child : node->children[std::string(segment)];
    if (child == nullptr) child = std::make_unique<Node>();
    node = child.get();
  }
  const bool taken = node->operation != nullptr && (node->operation != &operation || node->slots != slots);
  if (taken)
    throw std::logic_error(fmt::format("Route {} is that of {} already", route, node->operation->name));
  node->operation = &operation;
  node->slots = std::move(slots);
  for (const auto& [name, slot] : parts.query)
    node->query.push_back({std::string(name), slot_of(slot, route)});
}

// The number of steps is bounded by max_segments and by the few segments that can be both a word and a
// value.
const Router::Node* Router::walk(const Node& node, const std::vector<std::string>& segments,
                                 std::size_t depth, std::vector<std::string_view>& captured) {
  if (depth == segments.size()) return node.operation != nullptr ? &node : nullptr;
  const auto& segment = segments[depth];
  if (const auto child = node.children.find(segment); child != node.children.end()) {
    if (const auto* found = walk(*child->second, segments, depth + 1, captured)) return found;
  }
  if (node.any_child == nullptr || segment.empty()) return nullptr;
  captured.emplace_back(segment);
  if (const auto* found = walk(*node.any_child, segments, depth + 1, captured)) return found;
  captured.pop_back();
  return nullptr;
}

std::optional<RouteMatch> Router::match(const Target& target) const {
  std::vector<std::string_view> captured;
  const Node* node = walk(*root_, target.segments, 0, captured);
  if (node == nullptr) return std::nullopt;
  RouteMatch match{node->operation, {}};
  for (std::size_t i = 0; i < captured.size(); ++i) match.values.emplace_back(node->slots[i], captured[i]);
  std::set<std::string_view> given;
  for (const auto& parameter : target.query) {
    const auto& name = parameter.first;
    const auto slot = std::find_if(node->query.begin(), node->query.end(),
                                   [&](const QuerySlot& one) { return one.name == name; });
    if (slot != node->query.end()) match.values.emplace_back(slot->slot, parameter.second);
    if (node->operation->access != Access::write) continue;
    if (slot == node->query.end())
      match.query_mistake = unknown_parameter(name, *node->operation, node->query);
    if (!given.insert(name).second)
      match.query_mistake = fmt::format("Parameter {} is given more than once", readable_name(name));
  }
  return match;
}

Arguments RouteMatch::arguments() const {
  if (!query_mistake.empty()) throw topo::Error(topo::Code::invalid_argument, query_mistake);
  Arguments arguments;
  std::string_view host;  // its port follows
  for (const auto& [slot, value] : values) {
    switch (slot.part) {
      case Slot::Part::whole: arguments.set_text(slot.parameter, std::string(value)); break;
      case Slot::Part::host: host = value; break;
      case Slot::Part::port: arguments.set(slot.parameter, topo::InstanceKey::from_parts(host, value)); break;
    }
  }
  if (missing_parameter(*operation, arguments)) {
    throw topo::Error(topo::Code::invalid_argument, fmt::format("Missing path parameter for {}; see {}",
                                                                operation->name, operation->routes.front()));
  }
  return arguments;
}

}  // namespace orchestrator
