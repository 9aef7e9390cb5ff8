#include "http/api.h"

#include <fmt/format.h>
#include <spdlog/logger.h>

#include <chrono>
#include <map>
#include <memory>

#include "common/ascii_case.h"
#include "common/error_status.h"
#include "common/json_objects.h"
#include "common/stack_trace.h"
#include "common/version.h"
#include "http/api_description.h"
#include "http/compression.h"
#include "topo/base/error.h"
#include "topo/inspect/host_names.h"

namespace orchestrator {
namespace {

using json::write_name;

constexpr std::string_view text_type = "text/plain; charset=UTF-8";
constexpr std::string_view event_type = "text/event-stream; charset=UTF-8";

// How long an event stream waits before it checks whether the client is still there, and how long it may stay
// silent.
constexpr std::chrono::seconds patience{5};
constexpr std::chrono::seconds longest_silence{15};

constexpr std::string_view page_without_files =
    "orchestrator is running. Its API answers below /api/, for example /api/clusters; /api describes it.\n"
    "The pages of the web interface are not beside this program: building them takes Node.js 18 or newer and "
    "npm.\n";

Response json_response(int status, Body body) {
  return {status, std::move(body), json_type};
}

Response json_response(const rapidjson::StringBuffer& buffer) {
  return json_response(200, std::make_shared<const std::string>(buffer.GetString(), buffer.GetSize()));
}

Response text_response(int status, std::string_view text) {
  return {status, std::make_shared<const std::string>(text), text_type};
}

Response wrong_method(std::string_view allowed, std::string_view message) {
  auto response = error_response(405, message);
  response.headers.emplace_back("Allow", allowed);
  return response;
}

// For a request that may succeed when it is retried.
Response busy_response(int status, std::string_view message) {
  auto response = error_response(status, message);
  response.headers.emplace_back("Retry-After", "3");
  return response;
}

// Without a backend there is no version; a request that needs the backend reports the error.
std::optional<std::uint64_t> data_version_of(Session& session) {
  try {
    return session.store().data_version();
  } catch (const topo::Error&) {
    return std::nullopt;
  }
}

// The target below the prefix; nullopt: the target is outside the prefix.
std::optional<std::string_view> without_prefix(std::string_view target, std::string_view prefix) {
  if (prefix.empty()) return target;
  if (!target.starts_with(prefix)) return std::nullopt;
  target.remove_prefix(prefix.size());
  if (target.empty()) return "/";
  if (target.front() != '/' && target.front() != '?') return std::nullopt;
  return target;
}

// Headers that must not be echoed: a page that can make a browser send a request must not learn them from the
// response.
bool is_secret_header(std::string_view name) {
  const auto known = lower(name);
  return known == "authorization" || known == "proxy-authorization" || known == "cookie";
}

}  // namespace

struct Api::Own {
  OwnRoute route;
  Answer answer;
};

const std::vector<Api::Own>& Api::own_routes() {
  static const std::vector<Own> routes{
      {{"/api", "This description", json_type}, &Api::description},
      {{"/metrics", "Metrics in the text format of Prometheus", metrics_type}, &Api::metrics},
      {{"/api/headers", "The headers of the request; those that hold secrets are not told", json_type},
       &Api::headers},
      {{"/api/web-settings", "Information for the web pages about this server and the current user",
        json_type, json::ObjectSchema<json::WebSettings>::name},
       &Api::web_settings},
      {{"/api/events",
        "What changes, as server-sent events; ?cluster= narrows those of instances to one cluster",
        event_type},
       &Api::events},
  };
  return routes;
}

Api::Api(Session& session, WebFiles files, EventHub& events, const FailedLogins::Pace& pace)
    : session_(session),
      own_names_(session.node().hostname,
                 [](const std::string& host) { return topo::canonical_host_name(host, nullptr); }),
      hosts_(HostPolicy(session.configuration(), own_names_)),
      policy_(AccessPolicy(session.configuration())),
      logins_(session.log(), pace),
      router_(catalogue()),
      files_(std::move(files)),
      events_(events),
      cache_([&session] { return data_version_of(session); }) {
  for (const auto& operation : catalogue()) {
    if (operation.max_at_once > 0) under_way_[&operation] = 0;
  }
}

std::function<void()> Api::prepare(const topo::Configuration& next) {
  return [this, hosts = HostPolicy(next, own_names_), policy = AccessPolicy(next)] {
    hosts_.replace(hosts);
    policy_.replace(policy);
  };
}

Response Api::handle(const Request& request) {
  auto response = handle_any(request);
  counts_.add(response.status);
  return response;
}

Response Api::handle_any(const Request& request) {
  try {
    return answer(request);
  } catch (const topo::Error& error) {
    session_.log().debug(fmt::format("{}: {}", request.target, error.what()));
    return error_response(status_of(error.code()).http, error.what());
  } catch (const std::exception& error) {
    session_.log().error(fmt::format("{}: {}", request.target, error.what()));
    return error_response(500, "Internal error; the log of the server has the details");
  }
}

Response Api::answer(const Request& request) {
  // HTTP/1.0 clients may omit the Host header.
  if (const auto host = request.header("Host"); host.count > 0 && !hosts_.current()->allows(host.value)) {
    return error_response(421,
                          fmt::format("\"{}\" is not a name of this server; if it should be one, add it to "
                                      "HTTPAllowedHosts",
                                      shown(host.value)));
  }
  const auto policy = policy_.current();
  const auto visitor = logins_.identify(*policy, request.header, request.peer);
  if (const auto* denial = std::get_if<Denial>(&visitor)) return denied(*denial);
  if (request.method != "GET" && request.method != "HEAD")
    return wrong_method("GET, HEAD", "Only GET is answered, and HEAD where nothing is changed");
  if (request.target.size() > longest_target) return error_response(414, "The path is too long");
  auto response = answer_visitor(request, std::get<Visitor>(visitor));
  if (!response.is_page) return response;
  const auto path = session_.configuration().url_prefix + "/";
  if (auto cookie = logins_.new_cookie(*policy, request.header, request.peer, path))
    response.headers.emplace_back("Set-Cookie", std::move(*cookie));
  return response;
}

Response Api::denied(const Denial& denial) {
  if (denial.status == 429) return busy_response(denial.status, denial.message);
  if (denial.status != 401) return error_response(denial.status, denial.message);
  auto response = text_response(401, denial.message);
  response.headers.emplace_back("WWW-Authenticate", "Basic realm=\"Authorization Required\"");
  return response;
}

Response Api::answer_visitor(const Request& request, const Visitor& visitor) {
  const auto path = without_prefix(request.target, session_.configuration().url_prefix);
  if (!path) {
    return error_response(404, fmt::format("There is nothing here: all lies below {}/, see URLPrefix",
                                           session_.configuration().url_prefix));
  }
  if (auto body = cache_.find(*path)) return give(request, *path, std::move(body));

  const auto target = parse_target(*path);
  if (!target) return error_response(400, "The path cannot be read");
  if (target->segments.empty()) return serve_file(request, *target);
  std::string plain;
  for (const auto& segment : target->segments) plain += "/" + segment;
  for (const auto& own : own_routes()) {
    if (own.route.path == plain) return (this->*own.answer)(request, *target, visitor);
  }
  if (target->segments.front() != "api") return serve_file(request, *target);
  const auto match = router_.match(*target);
  if (!match) return error_response(404, "There is no such route");
  auto response = perform(request, *path, *match, visitor);
  if (match->operation->access == Access::write) cache_.clear();
  return response;
}

Response Api::perform(const Request& request, std::string_view path, const RouteMatch& match,
                      const Visitor& visitor) {
  const auto& operation = *match.operation;
  const bool always_ok = session_.configuration().http_status_always_ok;
  const auto refused = [&](int status, std::string_view message, std::string_view result = {},
                           const std::vector<topo::refactor::StepReport>& steps = {}) {
    return error_response(always_ok ? 200 : status, message, result, steps);
  };
  const auto not_own_page =
      why_not_own_page(request.header, policy_.current()->is_https(request.header, request.peer));
  if (operation.access == Access::write) {
    if (request.method != "GET") return wrong_method("GET", "Only GET is answered here");
    if (!visitor.may_write) return refused(403, "Unauthorized");
    if (not_own_page) return refused(403, fmt::format("Unauthorized: {}", *not_own_page));
  }
  try {
    return run(request, path, match, visitor.may_write && !not_own_page);
  } catch (const topo::Error& error) {
    const auto level = changes_servers(operation) ? spdlog::level::warn : spdlog::level::debug;
    session_.log().log(level, fmt::format("{}: {}", request.target, error.what()));
    for (const auto& line : describe_stack(error.stack())) session_.log().log(level, "  " + line);
    const auto* failed = dynamic_cast<const topo::refactor::OperationFailed*>(&error);
    const std::vector<topo::refactor::StepReport> none;
    return refused(status_of(error.code()).http, error.what(), error.result(),
                   failed == nullptr ? none : failed->steps());
  }
}

Response Api::run(const Request& request, std::string_view path, const RouteMatch& match, bool may_change) {
  const auto& operation = *match.operation;
  const auto arguments = match.arguments();
  const auto limits = session_.limits();
  if (operation.cacheable) {
    return give(request, path, cache_.get(path, [&] {
      return render_json(orchestrator::run(operation, session_, arguments), limits);
    }));
  }
  std::unique_ptr<std::atomic<std::size_t>, void (*)(std::atomic<std::size_t>*)> one_more(
      nullptr, [](auto* count) { --*count; });
  if (const auto found = under_way_.find(&operation); found != under_way_.end()) {
    one_more.reset(&found->second);
    if (++found->second > operation.max_at_once) {
      return busy_response(503,
                           fmt::format("Too many requests of this kind are under way: {}; try again later",
                                       operation.max_at_once));
    }
  }
  const auto reply = operation.reader_handler && !may_change ? operation.reader_handler(session_, arguments)
                     : operation.start_handler               ? operation.start_handler(session_, arguments)
                                               : orchestrator::run(operation, session_, arguments);
  // A bare response has no Code: only its status reports a failure.
  const bool always_ok = session_.configuration().http_status_always_ok;
  const bool tells_by_status = reply.failure && !(always_ok && reply.wrapping != Wrapping::bare);
  const int status = tells_by_status ? status_of(*reply.failure).http : 200;
  return json_response(status, std::make_shared<const std::string>(render_json(reply, limits)));
}

// Compresses the body if the client accepts it. The compressed body is cached beside the plain one, under a
// key that no path has.
Response Api::give(const Request& request, std::string_view key, Body body) {
  if (body->size() < min_compressed || !accepts_gzip(request.header("Accept-Encoding").value))
    return json_response(200, std::move(body));
  auto compressed = cache_.get(fmt::format("gzip {}", key), [&] { return gzip(*body, Effort::fast); });
  auto response = json_response(200, std::move(compressed));
  response.headers.emplace_back("Content-Encoding", "gzip");
  response.headers.emplace_back("Vary", "Accept-Encoding");
  return response;
}

Response Api::serve_file(const Request& request, const Target& target) const {
  const auto* file = files_.find(target.segments);
  if (file == nullptr) {
    if (target.segments.empty()) return text_response(200, page_without_files);
    return text_response(404, "There is no such page\n");
  }
  Response response{200, file->content, file->content_type};
  response.is_page = file->is_page;
  response.headers.emplace_back("ETag", file->entity_tag);
  response.headers.emplace_back("Cache-Control",
                                file->is_immutable ? "public, max-age=31536000, immutable" : "no-cache");
  response.headers.emplace_back("Vary", "Accept-Encoding");
  const auto known = request.header("If-None-Match").value;
  if (known == "*" || known.find(file->entity_tag) != std::string::npos) {
    response.status = 304;
    response.body = std::make_shared<const std::string>();
    return response;
  }
  if (file->compressed != nullptr && accepts_gzip(request.header("Accept-Encoding").value)) {
    response.body = file->compressed;
    response.headers.emplace_back("Content-Encoding", "gzip");
  }
  return response;
}

Response Api::description(const Request&, const Target&, const Visitor&) {
  std::vector<OwnRoute> own;
  for (const auto& [route, answer] : own_routes()) own.push_back(route);
  return json_response(200, std::make_shared<const std::string>(
                                describe_api(catalogue(), own, session_.configuration().url_prefix)));
}

Response Api::metrics(const Request&, const Target&, const Visitor&) {
  return {200, std::make_shared<const std::string>(render_metrics(session_, counts_, events_.listeners())),
          metrics_type};
}

Response Api::headers(const Request& request, const Target&, const Visitor&) {
  std::map<std::string, std::vector<std::string>> by_name;
  for (const auto& [name, value] : request.all_headers())
    by_name[name].push_back(is_secret_header(name) ? "(not told)" : value);
  rapidjson::StringBuffer buffer;
  json::Writer writer(buffer);
  writer.StartObject();
  for (const auto& [name, values] : by_name) {
    write_name(writer, name);
    writer.StartArray();
    for (const auto& value : values) json::write_text(writer, value);
    writer.EndArray();
  }
  writer.EndObject();
  return json_response(buffer);
}

Response Api::web_settings(const Request&, const Target&, const Visitor& visitor) {
  rapidjson::StringBuffer buffer;
  json::Writer writer(buffer);
  const auto& configuration = session_.configuration();
  const json::WebSettings settings{
      configuration, visitor.may_write,        why_not_write(visitor, configuration),
      visitor.user,  session_.node().hostname, version()};
  json::write_object(writer, settings);
  return json_response(buffer);
}

// The first event proves that the stream works; a comment now and then keeps proxies from closing it.
Response Api::events(const Request&, const Target& target, const Visitor&) {
  using Clock = std::chrono::steady_clock;
  std::string cluster;
  for (const auto& [name, value] : target.query) {
    if (name == "cluster") cluster = value;
  }
  struct Stream {
    std::unique_ptr<EventHub::Listener> listener;
    Clock::time_point last_said{};
  };
  auto stream = std::make_shared<Stream>();
  stream->listener = events_.listen(std::move(cluster));
  Response response{200, nullptr, event_type};
  response.headers.emplace_back("Cache-Control", "no-store");
  response.headers.emplace_back("X-Accel-Buffering", "no");
  response.next_part = [stream]() -> std::optional<std::string> {
    if (stream->last_said == Clock::time_point{}) {
      stream->last_said = Clock::now();
      return fmt::format("retry: 3000\nevent: hello\ndata: {{\"Version\":\"{}\"}}\n\n", version());
    }
    auto text = stream->listener->next(patience);
    if (text && text->empty() && Clock::now() - stream->last_said >= longest_silence) text = ":\n\n";
    if (text && !text->empty()) stream->last_said = Clock::now();
    return text;
  };
  return response;
}

}  // namespace orchestrator
