// The response of GET /api: a description of the API in OpenAPI 3.0, generated from the catalogue.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "common/catalogue.h"

namespace orchestrator {

// A route that is not an operation of the catalogue: it is about the server itself, or depends on the client.
struct OwnRoute {
  std::string_view path;
  std::string_view summary;
  std::string_view content_type;
  std::string_view schema = {};  // of the object that it answers; "": another answer
};

// `url_prefix`: the path prefix of the API.
[[nodiscard]] std::string describe_api(const Catalogue& operations, std::span<const OwnRoute> own_routes,
                                       std::string_view url_prefix);

}  // namespace orchestrator
