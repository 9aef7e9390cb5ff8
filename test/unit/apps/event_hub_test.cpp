#include "http/event_hub.h"

#include <catch2/catch.hpp>
#include <thread>
#include <vector>

#include "unit/config/refusal.h"

using namespace orchestrator;
using std::chrono::milliseconds;

TEST_CASE("A listener receives events in order", "[threads]") {
  EventHub hub;
  const auto listener = hub.listen("");
  CHECK(listener->next(milliseconds(0)) == "");
  hub.publish("one", "{}");
  hub.publish("two", "[1]", "db1:3306");
  CHECK(listener->next(milliseconds(0)) == "event: one\ndata: {}\n\nevent: two\ndata: [1]\n\n");
  CHECK(listener->next(milliseconds(0)) == "");
}

TEST_CASE("A listener of one cluster receives no events of others") {
  EventHub hub;
  const auto listener = hub.listen("db1:3306");
  hub.publish("instances", "1", "db1:3306");
  hub.publish("instances", "2", "db9:3306");
  hub.publish("clusters", "3");
  CHECK(listener->next(milliseconds(0)) == "event: instances\ndata: 1\n\nevent: clusters\ndata: 3\n\n");
}

TEST_CASE("An event wakes a waiting listener", "[threads]") {
  EventHub hub;
  const auto listener = hub.listen("");
  const std::jthread publisher([&] { hub.publish("x", "{}"); });
  CHECK(listener->next(std::chrono::minutes(1)) == "event: x\ndata: {}\n\n");
}

TEST_CASE("A listener that falls too far behind is dropped") {
  EventHub hub;
  const auto slow = hub.listen("");
  const auto quick = hub.listen("");
  for (std::size_t i = 0; i <= EventHub::max_behind; ++i) {
    hub.publish("x", "{}");
    CHECK(quick->next(milliseconds(0)).has_value());
  }
  CHECK(slow->next(milliseconds(0)) == std::nullopt);
  CHECK(quick->next(milliseconds(0)) == "");
}

TEST_CASE("Closing the hub ends all streams", "[threads]") {
  EventHub hub;
  const auto listener = hub.listen("");
  const std::jthread closer([&] { hub.close(); });
  CHECK(listener->next(std::chrono::minutes(1)) == std::nullopt);
  CHECK_FALSE(refusal([&] { (void)hub.listen(""); }, topo::Code::refused).empty());
}

TEST_CASE("The number of listeners is limited, and a departure makes room") {
  EventHub hub;
  std::vector<std::unique_ptr<EventHub::Listener>> all;
  for (std::size_t i = 0; i < EventHub::max_listeners; ++i) all.push_back(hub.listen(""));
  CHECK(hub.listeners() == EventHub::max_listeners);
  CHECK_FALSE(refusal([&] { (void)hub.listen(""); }, topo::Code::refused).empty());
  all.pop_back();
  CHECK_NOTHROW(all.push_back(hub.listen("")));
}

TEST_CASE("Waiting for a listener ends with the first listener or a stop request", "[threads]") {
  EventHub hub;
  std::stop_source stop;
  bool came = false;
  std::jthread waiting([&] { came = hub.await_listener(stop.get_token()); });
  const auto listener = hub.listen("");
  waiting.join();
  CHECK(came);
  EventHub lonely;
  std::jthread asked_to_stop([&](const std::stop_token& token) { came = lonely.await_listener(token); });
  asked_to_stop.request_stop();
  asked_to_stop.join();
  CHECK_FALSE(came);
}
