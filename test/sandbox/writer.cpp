#include "sandbox/writer.h"

#include <fmt/format.h>

#include <optional>
#include <string>

#include "topo/base/error.h"

namespace sandbox {
namespace {

constexpr std::chrono::milliseconds pause_when_down{20};

// Three of four statements insert; the fourth changes or removes rows of earlier turns, so that the table
// stays small.
std::string statement(std::uint64_t turn) {
  const std::uint64_t other = turn < 16 ? 0 : turn - 16;
  switch (turn % 8) {
    case 3:
      return fmt::format("update sandbox_load.writes set content = 'changed at {}' where id = {}", turn,
                         other + 1);
    case 7:
      return fmt::format("delete from sandbox_load.writes where id between {} and {}", other, other + 7);
    default: return fmt::format("insert into sandbox_load.writes values ({}, 'written at {}')", turn, turn);
  }
}

}  // namespace

Writer::Writer(Server& server, std::chrono::microseconds pause) : server_(server), pause_(pause) {
  server_.execute("create database if not exists sandbox_load");
  server_.execute(
      "create table if not exists sandbox_load.writes "
      "(id bigint unsigned not null primary key, content varchar(64) not null) engine = innodb");
  server_.execute("delete from sandbox_load.writes");
  thread_ = std::jthread([this](const std::stop_token& stop) { write(stop); });
}

Writer::~Writer() {
  stop();
}

void Writer::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void Writer::write(const std::stop_token& stop) {
  std::optional<topo::mysql::Connection> connection;
  for (std::uint64_t turn = 1; !stop.stop_requested(); ++turn) {
    try {
      if (!connection) connection = server_.connect();
      connection->query(statement(turn));
      ++committed_;
      std::this_thread::sleep_for(pause_);
    } catch (const topo::Error&) {
      connection.reset();
      std::this_thread::sleep_for(pause_when_down);
    }
  }
}

}  // namespace sandbox
