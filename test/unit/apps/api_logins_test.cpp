#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include <catch2/catch.hpp>
#include <sstream>
#include <thread>

#include "unit/apps/api_test.h"
#include "unit/config/temporary_folder.h"

namespace api_test {

TEST_CASE("Failed logins are logged with address and user, and answered with a delay") {
  std::ostringstream text;
  const auto log =
      std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(text));
  const auto configuration = with_login("basic");
  Session session(configuration, log, Session::Opening::explicitly);
  EventHub events;
  Api api(session, WebFiles({}), events, {.first = std::chrono::milliseconds(20)});
  const auto begin = std::chrono::steady_clock::now();
  CHECK(ask(api, "/", "GET", {{"Authorization", "Basic ZXZpbAoyMDI2LTAxLTAxIEZBS0VkOnNlY3JldA=="}}).status ==
        401);
  CHECK(std::chrono::steady_clock::now() - begin >= std::chrono::milliseconds(20));
  CHECK(text.str().find("Login failed for user \"evil?2026-01-01 FAKEd\" from 127.0.0.1") !=
        std::string::npos);
  CHECK(text.str().find("secret") == std::string::npos);
  text.str("");
  CHECK(ask(api, "/").status == 401);  // the first request of a browser, without credentials
  CHECK(ask(api, "/", "GET", {{"Authorization", "Basic ZGJhOng="}}).status == 200);
  CHECK(text.str().empty());
}

TEST_CASE("Too many pending logins of an address and user block its further logins", "[threads]") {
  const auto configuration = with_login("basic");
  const KnownTopology known(configuration);
  EventHub events;
  constexpr auto an_hour = std::chrono::milliseconds(3'600'000);
  Api api(known.session(), WebFiles({}), events, {.first = an_hour, .max = an_hour, .max_waiters = 1});
  std::jthread guess([&] { ask(api, "/", "GET", {{"Authorization", "Basic ZGJhOnk="}}); });
  const SentHeaders right{{"Authorization", "Basic ZGJhOng="}};
  while (ask(api, "/api/clusters", "GET", right).status != 429) std::this_thread::yield();
  CHECK(ask(api, "/").status == 401);  // no credentials, so no guess
  api.close();
  guess.join();
}

TEST_CASE("A browser gets a cookie with the first page after a login, and with no other response") {
  const auto configuration = with_login("basic");
  const KnownTopology known(configuration);
  const TemporaryFolder folder;
  folder.write("index.html", "<base href=\"/\">");
  EventHub events;
  Api api(known.session(), WebFiles(folder.path(), ""), events);
  SentHeaders login{{"Authorization", "Basic ZGJhOng="}};
  const auto set = ask(api, "/", "GET", login).header("Set-Cookie");
  CHECK(set.find("; Path=/;") != std::string::npos);
  CHECK(ask(api, "/").header("Set-Cookie").empty());
  CHECK(ask(api, "/api/clusters", "GET", login).header("Set-Cookie").empty());
  login["Cookie"] = set.substr(0, set.find(';'));
  CHECK(ask(api, "/", "GET", login).header("Set-Cookie").empty());
  CHECK(ask(api, "/", "GET", {{"Cookie", login["Cookie"]}}).status == 401);
}

TEST_CASE("Without credentials nothing is returned, not even from the cache") {
  const auto configuration = with_login("basic");
  const KnownTopology known(configuration);
  EventHub events;
  Api api(known.session(), WebFiles({}), events);
  CHECK(ask(api, "/api/clusters", "GET", {{"Authorization", "Basic ZGJhOng="}}).status == 200);
  for (const auto* target : {"/api/clusters", "/", "/api/nothing", "/%"}) {
    const auto answer = ask(api, target);
    CHECK(answer.status == 401);
    CHECK(answer.body == "Not Authorized");
  }
}

}  // namespace api_test
