// Request and Response: what goes in and out of the API, whatever carries them.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/access.h"
#include "http/response_cache.h"

namespace orchestrator {

inline constexpr std::string_view json_type = "application/json; charset=UTF-8";

struct Request {
  std::string_view method;
  std::string_view target;  // as sent
  HeaderLookup header;
  Peer peer = {};
  std::function<std::vector<std::pair<std::string, std::string>>()> all_headers = nullptr;  // as they came
};

struct Response {
  int status = 200;
  Body body;
  std::string_view content_type;
  std::vector<std::pair<std::string_view, std::string>> headers = {};
  bool is_page = false;  // for people; browsers are told how to guard it
  // Where it is set there is no body: this gives one part after the other and waits until it has one. "":
  // there is none yet, and it is time to look whether anybody listens still; nullopt: that was all.
  std::function<std::optional<std::string>()> next_part = nullptr;
};

// {"Code":"ERROR","Message":message,"Details":null}
[[nodiscard]] Response error_response(int status, std::string_view message);

}  // namespace orchestrator
