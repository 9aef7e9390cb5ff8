// What GET /api tells: the API described in OpenAPI 3.0, made from the catalogue.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "common/catalogue.h"

namespace orchestrator {

// A route that is no operation: it is about the server itself, or answers to whom it is asked by.
struct OwnRoute {
  std::string_view path;
  std::string_view summary;
  std::string_view content_type;
};

// `url_prefix`: the path below which the API lies.
[[nodiscard]] std::string describe_api(const Catalogue& operations, std::span<const OwnRoute> own_routes,
                                       std::string_view url_prefix);

}  // namespace orchestrator
