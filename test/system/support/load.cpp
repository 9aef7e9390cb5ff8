#include "system/support/load.h"

#include <fmt/format.h>

#include <random>

#include "topo/mysql/connection.h"

namespace system_test {
namespace {

constexpr const char* tables[] = {"load_one.orders", "load_one.items", "load_two.stock", "load_two.notes"};

std::string statement(std::mt19937_64& random, const char* table, unsigned number) {
  const auto key = number * 1'000'000 + random() % 2000;
  switch (random() % 4) {
    case 0:
    case 1: {
      const std::string text(40 + random() % 400, static_cast<char>('a' + random() % 26));
      return fmt::format("insert into {} values ({}, {}, '{}') on duplicate key update n = n + 1", table, key,
                         random() % 1000, text);
    }
    case 2: return fmt::format("update {} set n = n + {} where id = {}", table, random() % 10, key);
    default: return fmt::format("delete from {} where id = {}", table, key);
  }
}

}  // namespace

Load::Load(sandbox::Server& server, unsigned threads, std::uint64_t seed) : server_(server) {
  for (const auto* database : {"load_one", "load_two"})
    server.execute(fmt::format("create database {}", database));
  for (const auto* table : tables)
    server.execute(fmt::format("create table {} (id int primary key, n int, text varchar(500))", table));
  for (unsigned i = 0; i < threads; ++i)
    threads_.emplace_back([this, i, seed](const std::stop_token& stop) { run(stop, i, seed); });
}

Load::~Load() {
  stop();
}

void Load::stop() {
  for (auto& thread : threads_) thread.request_stop();
  threads_.clear();
}

void Load::run(const std::stop_token& stop, unsigned number, std::uint64_t seed) {
  std::mt19937_64 random(seed * 31 + number);
  try {
    auto connection = server_.connect();
    while (!stop.stop_requested()) {
      connection.query("begin");
      for (auto left = 1 + random() % 4; left > 0; --left)
        connection.query(statement(random, tables[random() % std::size(tables)], number));
      connection.query(random() % 20 == 0 ? "rollback" : "commit");
      ++committed_;
      // Not faster than six servers on a small machine can execute it.
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  } catch (const topo::Error&) {  // the server was killed
  }
}

std::string checksums_of_load(sandbox::Server& server) {
  std::string text;
  for (const auto* table : tables) {
    const auto row = server.query(fmt::format("checksum table {}", table));
    text += fmt::format("{} {}\n", table, row[0].number_or("Checksum", -1));
  }
  return text;
}

}  // namespace system_test
