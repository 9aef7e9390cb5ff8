#include "store_suite/backend.h"

#include <fmt/format.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <sstream>

namespace store_suite {

using topo::store::DatabaseSession;
using topo::store::RowView;

void Schema::run(std::string_view script) const {
  const auto backend = database();
  while (!script.empty()) {
    const auto end = script.find(";\n");
    const auto statement = script.substr(0, end);
    script = end == std::string_view::npos ? "" : script.substr(end + 2);
    if (statement.find_first_not_of(" \n") == std::string_view::npos) continue;
    backend->write([&](DatabaseSession& session) { session.execute(statement); });
  }
}

std::vector<std::string> Schema::rows(std::string_view sql) const {
  std::vector<std::string> rows;
  const auto columns = [](const RowView& row) {
    constexpr int most = 4;
    std::string text;
    for (int i = 0; i < most; ++i) {
      if (row.is_null(i) && row.text(i).empty()) {
        text += "|NULL";
        continue;
      }
      text.append("|").append(row.text(i));
    }
    while (text.ends_with("|NULL")) text.resize(text.size() - 5);
    return text.empty() ? "NULL" : text.substr(1);
  };
  database()->read([&](DatabaseSession& session) {
    session.query(sql, {}, [&](const RowView& row) { rows.push_back(columns(row)); });
  });
  return rows;
}

std::string Schema::value(std::string_view sql) const {
  const auto all = rows(sql);
  return all.size() == 1 ? all.front() : fmt::format("{} rows", all.size());
}

std::string Schema::ago(std::chrono::seconds age) const {
  return is_mysql() ? fmt::format("current_timestamp - INTERVAL {} SECOND", age.count())
                    : fmt::format("datetime('now', '-{} seconds')", age.count());
}

std::unique_ptr<Schema> each_backend() {
  const auto name = GENERATE(from_range(backends()));
  auto schema = make_schema(name);
  schema->keep(std::make_shared<Catch::ScopedMessage>(
      Catch::MessageBuilder("INFO", CATCH_INTERNAL_LINEINFO, Catch::ResultWas::Info) << "backend: " << name));
  return schema;
}

std::shared_ptr<topo::Store> open(const Schema& schema) {
  return open(schema.configuration());
}

std::shared_ptr<topo::Store> open(const topo::Configuration& configuration) {
  return topo::open_store(configuration, std::make_shared<spdlog::logger>("no sink"));
}

std::string log_of_opening(const topo::Configuration& configuration) {
  std::ostringstream text;
  const auto sink = std::make_shared<spdlog::sinks::ostream_sink_st>(text);
  const auto store = topo::open_store(configuration, std::make_shared<spdlog::logger>("opening", sink));
  return text.str();
}

std::string refusal(const std::function<void()>& work) {
  try {
    work();
  } catch (const topo::Error& error) {
    CHECK(error.code() == topo::Code::backend);
    return error.what();
  }
  return {};
}

bool in_processes(unsigned count, const std::function<bool(unsigned)>& work) {
  std::vector<pid_t> children;
  for (unsigned i = 0; i < count; ++i) {
    const auto child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      bool good = false;
      try {
        good = work(i);
      } catch (const std::exception& error) {
        fmt::print(stderr, "in process {}: {}\n", i, error.what());
      }
      _exit(good ? 0 : 1);
    }
    children.push_back(child);
  }
  bool all_good = true;
  for (const auto child : children) {
    int status = 0;
    all_good = waitpid(child, &status, 0) == child && status == 0 && all_good;
  }
  return all_good;
}

}  // namespace store_suite
