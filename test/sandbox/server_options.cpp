#include "sandbox/server_options.h"

#include <fmt/format.h>
#include <unistd.h>

namespace sandbox {
namespace {

using Words = std::vector<std::string>;

void append(Words& words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
}

// The server's paths, and the sizes that its data files keep from their creation. InnoDB's recovery after a
// kill hangs at times in a buffer pool of less than 512 pages (8 MB), which it fills with what it read of the
// redo log. Memory of the pool is used when it is touched first.
Words common_options(const Installation& installation, const std::filesystem::path& data) {
  Words words = installation.program;
  append(words, {"--no-defaults", fmt::format("--datadir={}", data.string()),
                 fmt::format("--basedir={}", installation.base_folder.string()),
                 fmt::format("--lc-messages-dir={}", installation.share_folder.string()),
                 fmt::format("--character-sets-dir={}", (installation.share_folder / "charsets").string()),
                 fmt::format("--plugin-dir={}", installation.plugin_folder.string()),
                 "--innodb-use-native-aio=0", "--innodb-buffer-pool-size=24M", "--performance-schema=OFF"});
  if (geteuid() == 0) words.emplace_back("--user=root");
  switch (installation.flavour) {
    case Flavour::mysql_5_6:
      append(words, {"--innodb-log-file-size=4M", "--innodb-data-file-path=ibdata1:12M:autoextend",
                     "--explicit-defaults-for-timestamp"});
      break;
    case Flavour::mysql_9_7: append(words, {"--innodb-redo-log-capacity=8M"}); break;
    case Flavour::mariadb_10_11:
    case Flavour::mariadb_11_8:
      append(words, {"--innodb-log-file-size=4M", "--aria-log-file-size=8M"});
      break;
  }
  return words;
}

// Low memory, and safe if the process dies, though not if the machine does: with
// innodb_flush_log_at_trx_commit=0 instead of 2 a killed server would lose committed rows.
const Words small_and_quick{"--sync-binlog=0",
                            "--innodb-flush-log-at-trx-commit=2",
                            "--innodb-log-buffer-size=1M",
                            "--key-buffer-size=64K",
                            "--max-connections=60",
                            "--table-open-cache=64",
                            "--table-definition-cache=400",
                            "--thread-cache-size=4",
                            "--tmp-table-size=1M",
                            "--max-heap-table-size=1M"};

Words flavour_options(Flavour flavour) {
  switch (flavour) {
    case Flavour::mysql_5_6:
      return {"--master-info-repository=TABLE", "--relay-log-info-repository=TABLE",
              "--relay-log-recovery=1",         "--query-cache-type=0",
              "--log-slave-updates=1",          "--slave-net-timeout=10"};
    case Flavour::mysql_9_7:
      return {"--gtid-mode=OFF", "--enforce-gtid-consistency=OFF", "--mysqlx=OFF", "--secure-file-priv=NULL",
              "--temptable-max-ram=2M", "--replica-parallel-workers=1", "--relay-log-recovery=1",
              "--innodb-doublewrite=OFF", "--log-replica-updates=1", "--replica-net-timeout=10",
              // Threads that spin between commits.
              "--innodb-log-writer-threads=OFF"};
    case Flavour::mariadb_10_11:
    case Flavour::mariadb_11_8:
      return {"--aria-pagecache-buffer-size=128K", "--log-slave-updates=1", "--slave-net-timeout=10"};
  }
  return {};
}

}  // namespace

Words server_command(const Installation& installation, const ServerSettings& settings) {
  Words words = common_options(installation, data_folder(settings.folder));
  append(words,
         {fmt::format("--bind-address={}", settings.key.hostname()),
          fmt::format("--port={}", settings.key.port()), fmt::format("--server-id={}", settings.server_id),
          fmt::format("--tmpdir={}", (settings.folder / "tmp").string()),
          // Relative to the data folder, because the path of a socket must be short.
          "--socket=mysqld.sock", "--pid-file=mysqld.pid", "--skip-name-resolve", "--log-bin=binlog",
          "--relay-log=relay", fmt::format("--binlog-format={}", settings.format)});
  if (settings.report_host) {
    append(words, {fmt::format("--report-host={}", settings.key.hostname()),
                   fmt::format("--report-port={}", settings.key.port())});
  }
  append(words, small_and_quick);
  append(words, flavour_options(installation.flavour));
  if (!is_mariadb(installation.flavour)) {
    const std::string_view on = settings.gtid ? "ON" : "OFF";
    append(words, {fmt::format("--gtid-mode={}", on), fmt::format("--enforce-gtid-consistency={}", on)});
  }
  append(words, settings.extra);
  return words;
}

Words setup_command(const Installation& installation, const std::filesystem::path& data,
                    const std::filesystem::path& sql) {
  Words words = common_options(installation, data);
  if (installation.flavour == Flavour::mysql_9_7) {
    append(words, {"--initialize-insecure", fmt::format("--init-file={}", sql.string())});
  } else {
    words.emplace_back("--bootstrap");
  }
  return words;
}

}  // namespace sandbox
