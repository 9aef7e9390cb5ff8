// PromotionRule: whether a person wants an instance to become a master.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace topo {

// The better ones first.
enum class PromotionRule : std::uint8_t {
  prefer,
  neutral,
  prefer_not,
  must_not,  // it is never made a master
};

// "prefer_not".
[[nodiscard]] std::string_view to_string(PromotionRule rule) noexcept;
// nullopt: there is no such rule.
[[nodiscard]] std::optional<PromotionRule> parse_promotion_rule(std::string_view text) noexcept;

}  // namespace topo
