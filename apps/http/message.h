// Request and Response: the input and output of the API, independent of the transport.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/access.h"
#include "http/response_cache.h"
#include "topo/refactor/execution.h"

namespace orchestrator {

inline constexpr std::string_view json_type = "application/json; charset=UTF-8";

struct Request {
  std::string_view method;
  std::string_view target;  // as sent
  HeaderLookup header;
  Peer peer = {};
  std::function<std::vector<std::pair<std::string, std::string>>()> all_headers =
      nullptr;  // in the order received
};

struct Response {
  int status = 200;
  Body body;
  std::string_view content_type;
  std::vector<std::pair<std::string_view, std::string>> headers = {};
  bool is_page = false;  // for users; browsers get security headers with it
  // When set, there is no body: each call waits for the next part and returns it. "": no part yet, and the
  // caller should check whether the client is still connected; nullopt: the end.
  std::function<std::optional<std::string>()> next_part = nullptr;
};

// {"Code":"ERROR","Message":message,"Details":null}, with "Result" before the message if that has a name, and
// "Steps" if there are any.
[[nodiscard]] Response error_response(int status, std::string_view message, std::string_view result = {},
                                      const std::vector<topo::refactor::StepReport>& steps = {});

}  // namespace orchestrator
