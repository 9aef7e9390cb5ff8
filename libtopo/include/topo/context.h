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
class Interrupt;
class Pool;
}  // namespace mysql
namespace store {
class LateWrites;
}
class HostNames;
class Inspector;

// For the end of a process, which is not to wait for servers; null: nothing is interrupted.
struct Interrupts {
  std::shared_ptr<mysql::Interrupt> polling;  // reading servers; operations go on, but for what they read so
  std::shared_ptr<mysql::Interrupt> storing;  // waiting for a mysql backend
};

class Context {
 public:
  // Opens the backend. Throws Error{backend}. A null logger is silent.
  explicit Context(Configuration configuration, std::shared_ptr<spdlog::logger> log = nullptr);
  // With a configuration that may be replaced; some keys count as they are now (LiveConfiguration).
  explicit Context(std::shared_ptr<LiveConfiguration> configuration,
                   std::shared_ptr<spdlog::logger> log = nullptr, Interrupts interrupts = {});
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  // As it is now.
  [[nodiscard]] const Configuration& configuration() const noexcept { return configuration_->current(); }
  [[nodiscard]] spdlog::logger& log() const noexcept { return *log_; }
  [[nodiscard]] Store& store() const noexcept { return *store_; }
  [[nodiscard]] store::LateWrites& late_writes() const noexcept { return *late_writes_; }
  [[nodiscard]] mysql::Pool& pool() const noexcept { return *pool_; }
  [[nodiscard]] HostNames& names() const noexcept { return *names_; }
  [[nodiscard]] Inspector& inspector() const noexcept { return *inspector_; }

  // Reads of servers that are under way are given up, and say nothing about those servers.
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
