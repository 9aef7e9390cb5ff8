#include "topo/model/promotion_rule.h"

#include <array>

namespace topo {

std::string_view to_string(PromotionRule rule) noexcept {
  switch (rule) {
    case PromotionRule::prefer: return "prefer";
    case PromotionRule::neutral: return "neutral";
    case PromotionRule::prefer_not: return "prefer_not";
    case PromotionRule::must_not: return "must_not";
  }
  return "";
}

std::optional<PromotionRule> parse_promotion_rule(std::string_view text) noexcept {
  for (const auto rule : std::array{PromotionRule::prefer, PromotionRule::neutral, PromotionRule::prefer_not,
                                    PromotionRule::must_not}) {
    if (text == to_string(rule)) return rule;
  }
  return std::nullopt;
}

}  // namespace topo
