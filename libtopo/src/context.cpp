#include "topo/context.h"

#include <spdlog/sinks/null_sink.h>
#include <spdlog/spdlog.h>

#include "topo/config/connections.h"
#include "topo/inspect/host_names.h"
#include "topo/inspect/inspector.h"
#include "topo/mysql/pool.h"

namespace topo {
namespace {

// Kept connections outlive a poll interval, so that a poll finds one.
std::chrono::seconds idle_time(const Configuration& configuration) {
  return 3 * configuration.instance_poll + std::chrono::seconds(10);
}

std::shared_ptr<spdlog::logger> or_silent(std::shared_ptr<spdlog::logger> log) {
  if (log) return log;
  return std::make_shared<spdlog::logger>("silent", std::make_shared<spdlog::sinks::null_sink_mt>());
}

}  // namespace

Context::Context(Configuration configuration, std::shared_ptr<spdlog::logger> log)
    : Context(std::make_shared<LiveConfiguration>(std::move(configuration)), std::move(log)) {}

Context::Context(std::shared_ptr<LiveConfiguration> configuration, std::shared_ptr<spdlog::logger> log)
    : configuration_(std::move(configuration)),
      log_(or_silent(std::move(log))),
      store_(open_store(configuration_->current(), log_)) {
  const auto& now = configuration_->current();
  pool_ = std::make_unique<mysql::Pool>(
      [this](const InstanceKey& key) {
        return mysql::Connection(topology_connection(configuration_->current(), key));
      },
      now.mysql_topology_max_pool_connections, idle_time(now));
  names_ = std::make_unique<HostNames>(now, store_->names(), *log_);
  inspector_ = std::make_unique<Inspector>(*configuration_, *pool_, *names_);
}

Context::~Context() = default;

}  // namespace topo
