#include "http/api.h"

#include <fmt/format.h>
#include <spdlog/logger.h>

#include "common/error_status.h"
#include "topo/base/error.h"

namespace orchestrator {
namespace {

constexpr std::string_view json_type = "application/json; charset=UTF-8";
constexpr std::string_view text_type = "text/plain; charset=UTF-8";

constexpr std::string_view page_without_files =
    "orchestrator is running. Its API answers below /api/, for example /api/clusters.\n"
    "The pages of the web interface are not installed beside this program.\n";

Response json_response(int status, Body body) {
  return {status, std::move(body), json_type, {}, {}, false};
}

Response text_response(int status, std::string_view text) {
  return {status, std::make_shared<const std::string>(text), text_type, {}, {}, false};
}

Response unauthenticated() {
  auto response = text_response(401, "Not Authorized");
  response.authenticate = "Basic realm=\"Authorization Required\"";
  return response;
}

Response wrong_method() {
  auto response = error_response(405, "Only GET and HEAD are answered here");
  response.allow = "GET, HEAD";
  return response;
}

// No backend, no version; the request that wants the backend says what is the matter.
std::optional<std::uint64_t> data_version_of(Session& session) {
  try {
    return session.store().data_version();
  } catch (const topo::Error&) {
    return std::nullopt;
  }
}

}  // namespace

Response error_response(int status, std::string_view message) {
  return json_response(status, std::make_shared<const std::string>(render_json_error(message)));
}

Api::Api(Session& session, AccessPolicy policy, WebFiles files)
    : session_(session),
      policy_(std::move(policy)),
      router_(catalogue()),
      files_(std::move(files)),
      cache_([&session] { return data_version_of(session); }) {}

Response Api::handle(const Request& request) {
  try {
    return answer(request);
  } catch (const topo::Error& error) {
    session_.log().debug("{}: {}", request.target, error.what());
    return error_response(status_of(error.code()).http, error.what());
  } catch (const std::exception& error) {
    session_.log().error("{}: {}", request.target, error.what());
    return error_response(500, "Internal error; the log of the server has the details");
  }
}

Response Api::answer(const Request& request) {
  const auto visitor = policy_.identify(request.header, request.from_loopback);
  if (!visitor) return unauthenticated();
  if (request.method != "GET" && request.method != "HEAD") return wrong_method();
  if (request.target.size() > longest_target) return error_response(414, "The path is too long");
  if (auto body = cache_.find(request.target)) return json_response(200, std::move(body));

  const auto target = parse_target(request.target);
  if (!target) return error_response(400, "The path cannot be read");
  if (target->segments.empty() || target->segments.front() != "api") return serve_file(*target);
  const auto match = router_.match(*target);
  if (!match) return error_response(404, "There is no such route");
  return perform(request, *match, *visitor);
}

Response Api::perform(const Request& request, const Match& match, Visitor visitor) {
  const auto& operation = *match.operation;
  if (operation.access == Access::write) {
    if (!visitor.may_write) return error_response(403, "Unauthorized");
    if (is_cross_site(request.header)) {
      return error_response(403, "Unauthorized: a page of another site sent this request");
    }
  }
  const auto arguments = match.arguments();
  const auto poll_interval = session_.configuration().instance_poll;
  if (operation.cacheable) {
    return json_response(200, cache_.get(request.target, [&] {
      return render_json(operation.handler(session_, arguments), poll_interval);
    }));
  }
  const auto& handler = operation.start_handler ? operation.start_handler : operation.handler;
  const auto reply = handler(session_, arguments);
  const int status = reply.failure ? status_of(*reply.failure).http : 200;
  return json_response(status, std::make_shared<const std::string>(render_json(reply, poll_interval)));
}

Response Api::serve_file(const Target& target) const {
  if (auto file = files_.read(target.segments)) {
    return {200, std::make_shared<const std::string>(std::move(file->content)), file->content_type, {}, {},
            true};
  }
  if (target.segments.empty()) return text_response(200, page_without_files);
  return text_response(404, "There is no such page\n");
}

}  // namespace orchestrator
