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

Configuration completed(Configuration configuration) {
  configuration.complete();
  return configuration;
}

}  // namespace

Context::Context(Configuration configuration, std::shared_ptr<spdlog::logger> log)
    : configuration_(completed(std::move(configuration))),
      log_(or_silent(std::move(log))),
      store_(open_store(configuration_, log_)) {
  pool_ = std::make_unique<mysql::Pool>(
      [this](const InstanceKey& key) { return mysql::Connection(topology_connection(configuration_, key)); },
      configuration_.mysql_topology_max_pool_connections, idle_time(configuration_));
  names_ = std::make_unique<HostNames>(configuration_, store_->names(), *log_);
  inspector_ = std::make_unique<Inspector>(configuration_, *pool_, *names_);
}

Context::~Context() = default;

}  // namespace topo
