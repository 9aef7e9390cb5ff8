#include <fmt/format.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <sstream>

#include "topo/discovery/discovery.h"

TEST_CASE("of thousands of unreachable servers, the first twenty are logged, and the number of the others",
          "[discovery]") {
  const std::size_t count = GENERATE(0U, 1U, 20U, 21U, 5000U);
  const auto lines = static_cast<std::ptrdiff_t>(std::min<std::size_t>(count, 21));
  topo::DiscoveryReport report;
  for (std::size_t i = 1; i <= count; ++i) report.unread.push_back({{}, fmt::format("db{} is away", i)});
  std::ostringstream text;
  spdlog::logger log("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(text));
  report.log_unread(log);
  const auto said = text.str();
  CHECK(std::count(said.begin(), said.end(), '\n') == lines);
  if (count > 0) CHECK(said.find("db1 is away") != std::string::npos);
  if (count > 20)
    CHECK(said.find(fmt::format("and {} more could not be read", count - 20)) != std::string::npos);
}
