// Api: turns a request into a response, independent of the transport.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "common/access.h"
#include "common/session.h"
#include "http/event_hub.h"
#include "http/host_policy.h"
#include "http/logins.h"
#include "http/message.h"
#include "http/metrics.h"
#include "http/response_cache.h"
#include "http/router.h"
#include "http/web_files.h"
#include "topo/base/replaceable.h"

namespace orchestrator {

// Thread-safe. Serves every route of the catalogue, the routes about the server itself, and the files of the
// web interface.
class Api {
 public:
  // Throws Error{invalid_argument} as AccessPolicy and HostPolicy do.
  Api(Session& session, WebFiles files, EventHub& events, const FailedLogins::Pace& pace = {});

  // Never throws: every error becomes a response with a status from 400 on and the envelope.
  [[nodiscard]] Response handle(const Request& request);

  // Builds the access rules of another configuration; they apply once the returned function is called. Throws
  // Error{invalid_argument} as AccessPolicy and HostPolicy do.
  [[nodiscard]] std::function<void()> prepare(const topo::Configuration& next);
  // From now on, requests that wait after a failed login are answered at once.
  void close() { logins_.close(); }

 private:
  using Answer = Response (Api::*)(const Request&, const Target&, const Visitor&);
  struct Own;
  [[nodiscard]] static const std::vector<Own>& own_routes();

  [[nodiscard]] Response handle_any(const Request& request);
  [[nodiscard]] Response answer(const Request& request);
  [[nodiscard]] static Response denied(const Denial& denial);
  [[nodiscard]] Response answer_visitor(const Request& request, const Visitor& visitor);
  [[nodiscard]] Response perform(const Request& request, std::string_view path, const RouteMatch& match,
                                 const Visitor& visitor);
  [[nodiscard]] Response run(const Request& request, std::string_view path, const RouteMatch& match,
                             bool may_change);
  [[nodiscard]] Response give(const Request& request, std::string_view key, Body body);
  [[nodiscard]] Response serve_file(const Request& request, const Target& target) const;

  [[nodiscard]] Response description(const Request& request, const Target& target, const Visitor& visitor);
  [[nodiscard]] Response metrics(const Request& request, const Target& target, const Visitor& visitor);
  [[nodiscard]] Response headers(const Request& request, const Target& target, const Visitor& visitor);
  [[nodiscard]] Response web_settings(const Request& request, const Target& target, const Visitor& visitor);
  [[nodiscard]] Response events(const Request& request, const Target& target, const Visitor& visitor);

  Session& session_;
  OwnNames own_names_;
  topo::Replaceable<HostPolicy> hosts_;
  topo::Replaceable<AccessPolicy> policy_;
  Logins logins_;
  std::map<const Operation*, std::atomic<std::size_t>> under_way_;  // only of operations with max_at_once
  const Router router_;
  const WebFiles files_;
  EventHub& events_;
  RequestCounts counts_;
  ResponseCache cache_;
};

}  // namespace orchestrator
