// What the tests of the API share: a request without a network, and its answer.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/api.h"
#include "unit/apps/known_topology.h"

namespace api_test {

using namespace orchestrator;

struct Answer {
  int status = 0;
  std::string body;
  std::vector<std::pair<std::string_view, std::string>> headers = {};

  [[nodiscard]] std::string header(std::string_view name) const {
    const auto found = std::ranges::find(headers, name, &std::pair<std::string_view, std::string>::first);
    return found == headers.end() ? "" : found->second;
  }
};

using SentHeaders = std::map<std::string, std::string>;

inline Answer ask(Api& api, const std::string& target, const std::string& method = "GET",
                  const SentHeaders& headers = {}) {
  const auto lookup = [&](std::string_view name) -> Header {
    const auto found = headers.find(std::string(name));
    return found == headers.end() ? Header{} : Header{found->second, 1};
  };
  const auto all = [&] {
    return std::vector<std::pair<std::string, std::string>>(headers.begin(), headers.end());
  };
  const auto response = api.handle({method, target, lookup, {"127.0.0.1"}, all});
  return {response.status, response.body == nullptr ? "" : *response.body, response.headers};
}

// The user dba logs in with the password x.
inline topo::Configuration with_login(std::string method) {
  topo::Configuration configuration;
  configuration.authentication_method = std::move(method);
  configuration.http_auth_user = "dba";
  configuration.http_auth_password = "x";
  return configuration;
}

inline const std::string unauthorized = R"({"Code":"ERROR","Message":"Unauthorized","Details":null})";

}  // namespace api_test
