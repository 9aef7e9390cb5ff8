#include "topo/context.h"

#include <spdlog/sinks/null_sink.h>
#include <spdlog/spdlog.h>

#include "store/late_writes.h"
#include "store/remembering_store.h"
#include "topo/inspect/host_names.h"
#include "topo/inspect/inspector.h"
#include "topo/mysql/connections.h"
#include "topo/mysql/interrupt.h"
#include "topo/mysql/pool.h"

namespace topo {
namespace {

// Idle connections outlive a poll interval, so that the next poll finds one.
std::chrono::seconds idle_time(const Configuration& configuration) {
  return 3 * configuration.instance_poll + std::chrono::seconds(10);
}

// A mysql backend is shared and used over a network: servers are read and shown even while it hangs.
std::shared_ptr<Store> make_store(const Configuration& configuration,
                                  const std::shared_ptr<spdlog::logger>& log,
                                  const std::shared_ptr<const mysql::Interrupt>& interrupt) {
  auto store = open_store(configuration, log, interrupt);
  return configuration.uses_mysql_backend() ? store::remembering(std::move(store), log) : store;
}

std::shared_ptr<spdlog::logger> or_silent(std::shared_ptr<spdlog::logger> log) {
  if (log) return log;
  return std::make_shared<spdlog::logger>("silent", std::make_shared<spdlog::sinks::null_sink_mt>());
}

}  // namespace

Context::Context(Configuration configuration, std::shared_ptr<spdlog::logger> log)
    : Context(std::make_shared<LiveConfiguration>(std::move(configuration)), std::move(log)) {}

Context::Context(std::shared_ptr<LiveConfiguration> configuration, std::shared_ptr<spdlog::logger> log,
                 Interrupts interrupts)
    : configuration_(std::move(configuration)),
      log_(or_silent(std::move(log))),
      interrupts_(std::move(interrupts)),
      store_(make_store(configuration_->current(), log_, interrupts_.storing)) {
  const auto& now = configuration_->current();
  pool_ = std::make_unique<mysql::Pool>(
      [this](const InstanceKey& key, std::optional<SteadyTime> end_by) {
        auto options = topology_connection(configuration_->current(), key);
        options.end_by = end_by;
        options.interrupt = interrupts_.polling;
        return mysql::Connection(options);
      },
      now.mysql_topology_max_pool_connections, idle_time(now));
  names_ = std::make_unique<HostNames>(now, store_->names(), *log_,
                                       [this](const std::string& host, std::optional<SteadyTime> end_by) {
                                         return canonical_host_name(host, interrupts_.polling, end_by);
                                       });
  inspector_ = std::make_unique<Inspector>(*configuration_, *pool_, *names_);
  late_writes_ = std::make_unique<store::LateWrites>(
      *log_, [this] { return interrupts_.storing && interrupts_.storing->is_raised(); });
}

Context::~Context() = default;

bool Context::is_polling_interrupted() const noexcept {
  return interrupts_.polling && interrupts_.polling->is_raised();
}

}  // namespace topo
