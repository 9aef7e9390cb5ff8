// LogReader: the binary or relay logs of a live server, as libpgtid reads them.
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
  std::size_t chunk_size = 10'000;  // BinlogEventsChunkSize: events asked for at a time, at most
  bool buffers_chunks = true;  // BufferBinlogEvents: a chunk is read whole before any of it is handed out
};

// Asks by SHOW BINLOG EVENTS or SHOW RELAYLOG EVENTS, in chunks that begin small, for who looks at a few
// events, and grow. MySQL before 8.0 and MariaDB let nobody commit while they send a chunk: so the chunk of a
// binary log is stored before any of it is handed out to whoever may wait, unless the options say otherwise,
// and of one that is larger than some MB the rest is asked for anew. Connects when it is first used. MySQL
// wants REPLICATION SLAVE for it, and REPLICATION CLIENT; MariaDB BINLOG MONITOR, and SLAVE MONITOR for relay
// logs.
class LogReader : public pgtid::EventReader {
 public:
  // `channel`: whose relay logs; "" for the default one, and for binary logs.
  LogReader(ConnectionOptions server, pgtid::LogType type, std::string channel,
            const LogReaderOptions& options);
  ~LogReader() override;

  // Besides LogError, throw SqlError.
  using EventReader::read;
  void read(const std::string& file, std::uint64_t position, Taking taking, const Take& take) override;
  std::optional<std::string> before(const std::string& file) override;
  std::optional<std::string> after(const std::string& file) override;

 private:
  class Chunk;
  void read_binary_log(const std::string& file, std::uint64_t position, bool keeps, const Take& take);
  void read_relay_log(const std::string& file, std::uint64_t position, const Take& take);
  // `most`: how many events are asked for.
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
  // In a relay log, which event some places are, so that not all before is sent again.
  std::string indexed_relay_log_;
  std::map<std::uint64_t, std::size_t> relay_log_index_;
  std::unique_ptr<Chunk> chunk_;
};

}  // namespace topo::mysql
