// LogReader: reads the binary or relay logs of a running server for libpgtid.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pgtid/coordinates.h"
#include "pgtid/events.h"
#include "topo/mysql/connection.h"
#include "topo/mysql/replication_statements.h"

namespace topo::mysql {

struct LogReaderOptions {
  std::size_t chunk_size = 10'000;  // BinlogEventsChunkSize: maximum number of events per request
  bool buffers_chunks = true;       // BufferBinlogEvents: a chunk is read whole before any of it is passed on
};

// Uses SHOW BINLOG EVENTS or SHOW RELAYLOG EVENTS. Chunks start small, for callers that read few events, and
// grow. MySQL before 8.0 and MariaDB block all commits while they send a chunk; therefore a binary log's
// chunk is buffered before a `take` that may wait sees any of it (unless the options disable buffering), and
// chunks above some MB are cut, with the rest requested again. Connects on first use. MySQL requires
// REPLICATION SLAVE and REPLICATION CLIENT; MariaDB requires BINLOG MONITOR, and SLAVE MONITOR for relay
// logs. For one thread at a time.
class LogReader : public pgtid::EventReader {
 public:
  // `channel`: the channel of the relay logs; "" for the default channel, and for binary logs.
  LogReader(ConnectionOptions server, pgtid::LogType type, std::string channel,
            const LogReaderOptions& options);
  ~LogReader() override;

  // These throw SqlError, besides LogError.
  using EventReader::read;
  void read(const std::string& file, std::uint64_t position, Taking taking, const Take& take) override;
  std::optional<std::string> before(const std::string& file) override;
  std::optional<std::string> after(const std::string& file) override;

 private:
  class Chunk;
  void read_binary_log(const std::string& file, std::uint64_t position, bool keeps, const Take& take);
  void read_relay_log(const std::string& file, std::uint64_t position, const Take& take);
  // `most`: the number of events that `statement` requests.
  void ask(const std::string& statement, std::size_t most, const std::function<bool(pgtid::Event&)>& take);
  [[nodiscard]] ReplicationStatements statements();
  [[nodiscard]] bool exists(const std::string& file);
  const std::vector<std::string>& binary_logs(bool again);
  std::optional<std::string> neighbour(const std::string& file, int step);

  Connection& connection();

  const ConnectionOptions server_;
  std::optional<Connection> connection_;
  const pgtid::LogType type_;
  const std::string channel_;
  const LogReaderOptions options_;
  std::vector<std::string> binary_logs_;
  // Event numbers of some relay log positions, so that the server need not send all preceding events again.
  std::string indexed_relay_log_;
  std::map<std::uint64_t, std::size_t> relay_log_index_;
  std::unique_ptr<Chunk> chunk_;
};

}  // namespace topo::mysql
