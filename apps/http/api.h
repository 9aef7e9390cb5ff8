// Api: from a request to its response, whatever carries them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/access.h"
#include "common/session.h"
#include "http/response_cache.h"
#include "http/router.h"
#include "http/web_files.h"

namespace orchestrator {

struct Request {
  std::string_view method;
  std::string_view target;  // as sent
  HeaderLookup header;
  bool from_loopback = false;
};

struct Response {
  int status = 200;
  Body body;
  std::string_view content_type;
  // Sent when they are not empty.
  std::string_view allow, authenticate;
  bool is_page = false;  // for people; browsers are told how to guard it
};

// The envelope with Code ERROR.
[[nodiscard]] Response error_response(int status, std::string_view message);

// Thread-safe. Answers every route of the catalogue, and the files of the web interface.
class Api {
 public:
  Api(Session& session, AccessPolicy policy, WebFiles files);

  // Never throws: what goes wrong is a response with a status from 400 on and the envelope.
  [[nodiscard]] Response handle(const Request& request);

 private:
  [[nodiscard]] Response answer(const Request& request);
  [[nodiscard]] Response perform(const Request& request, const Match& match, Visitor visitor);
  [[nodiscard]] Response serve_file(const Target& target) const;

  Session& session_;
  const AccessPolicy policy_;
  const Router router_;
  const WebFiles files_;
  ResponseCache cache_;
};

}  // namespace orchestrator
