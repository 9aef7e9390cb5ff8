// Context: the objects that operations need. No global state: two contexts in one process are two
// orchestrators.
#pragma once

#include <memory>
#include <string>

#include "topo/config/live_configuration.h"
#include "topo/store/store.h"

namespace spdlog {
class logger;
}

namespace topo {

namespace mysql {
class Interrupt;
class Pool;
}  // namespace mysql
namespace store {
class LateWrites;
}
class HostNames;
class Inspector;

// Raised at shutdown, so that the process does not wait for servers. Null: nothing is interrupted.
struct Interrupts {
  std::shared_ptr<mysql::Interrupt> polling;  // reads of servers; operations continue, except for such reads
  std::shared_ptr<mysql::Interrupt> storing;  // waits for a mysql backend
};

// Thread-safe, as are the objects that it returns.
class Context {
 public:
  // Opens the backend. Throws Error{backend}. A null logger is silent.
  explicit Context(Configuration configuration, std::shared_ptr<spdlog::logger> log = nullptr);
  // With a configuration that may be replaced while the context exists; some keys take effect at once (see
  // LiveConfiguration).
  explicit Context(std::shared_ptr<LiveConfiguration> configuration,
                   std::shared_ptr<spdlog::logger> log = nullptr, Interrupts interrupts = {});
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  // The current configuration.
  [[nodiscard]] const Configuration& configuration() const noexcept { return configuration_->current(); }
  [[nodiscard]] spdlog::logger& log() const noexcept { return *log_; }
  [[nodiscard]] Store& store() const noexcept { return *store_; }
  [[nodiscard]] store::LateWrites& late_writes() const noexcept { return *late_writes_; }
  [[nodiscard]] mysql::Pool& pool() const noexcept { return *pool_; }
  [[nodiscard]] HostNames& names() const noexcept { return *names_; }
  [[nodiscard]] Inspector& inspector() const noexcept { return *inspector_; }

  // True: running reads of servers are abandoned; their failures say nothing about the servers.
  [[nodiscard]] bool is_polling_interrupted() const noexcept;

 private:
  const std::shared_ptr<LiveConfiguration> configuration_;
  std::shared_ptr<spdlog::logger> log_;
  const Interrupts interrupts_;
  std::shared_ptr<Store> store_;
  std::unique_ptr<mysql::Pool> pool_;
  std::unique_ptr<HostNames> names_;
  std::unique_ptr<Inspector> inspector_;
  std::unique_ptr<store::LateWrites> late_writes_;  // last: it uses all of the above
};

}  // namespace topo
