// Context: what operations work with. No global state: two contexts in one process are two orchestrators.
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
class Pool;
}
class HostNames;
class Inspector;

class Context {
 public:
  // Opens the backend. Throws Error{backend}. A null logger is silent.
  explicit Context(Configuration configuration, std::shared_ptr<spdlog::logger> log = nullptr);
  // With a configuration that may be replaced; some keys count as they are now (LiveConfiguration).
  explicit Context(std::shared_ptr<LiveConfiguration> configuration,
                   std::shared_ptr<spdlog::logger> log = nullptr);
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  // As it is now.
  [[nodiscard]] const Configuration& configuration() const noexcept { return configuration_->current(); }
  [[nodiscard]] spdlog::logger& log() const noexcept { return *log_; }
  [[nodiscard]] Store& store() const noexcept { return *store_; }
  [[nodiscard]] mysql::Pool& pool() const noexcept { return *pool_; }
  [[nodiscard]] HostNames& names() const noexcept { return *names_; }
  [[nodiscard]] Inspector& inspector() const noexcept { return *inspector_; }

 private:
  const std::shared_ptr<LiveConfiguration> configuration_;
  std::shared_ptr<spdlog::logger> log_;
  std::shared_ptr<Store> store_;
  std::unique_ptr<mysql::Pool> pool_;
  std::unique_ptr<HostNames> names_;
  std::unique_ptr<Inspector> inspector_;
};

}  // namespace topo
