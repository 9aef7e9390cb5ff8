#include "common/session.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <pwd.h>
#include <spdlog/logger.h>
#include <unistd.h>

#include <array>

#include "common/version.h"
#include "topo/base/error.h"

namespace orchestrator {

Session::Session(topo::Configuration configuration, std::shared_ptr<spdlog::logger> log, Opening opening)
    : configuration_(std::make_shared<topo::LiveConfiguration>(std::move(configuration))),
      log_(std::move(log)),
      opening_(opening) {}

Session::~Session() = default;

void Session::open() {
  const std::lock_guard lock(mutex_);
  if (context_ != nullptr) return;
  context_ = std::make_unique<topo::Context>(configuration_, log_, ending_.interrupts());
  opened_.store(context_.get(), std::memory_order_release);
}

void Session::set_reload_handlers(Load load, Prepare prepare) {
  load_ = std::move(load);
  prepare_ = std::move(prepare);
}

topo::LoadedConfiguration Session::examine_configuration() const {
  if (!load_) throw topo::Error(topo::Code::refused, "This process was not told where its configuration is");
  return load_();
}

Reloaded Session::reload() {
  const std::lock_guard lock(reloading_);
  if (!load_) throw topo::Error(topo::Code::refused, "This process cannot reload its configuration");
  auto loaded = load_();
  topo::throw_if_unusable(loaded);
  std::function<void()> publish;
  Reloaded reloaded{std::move(loaded.files), {}};
  reloaded.changes = configuration_->replace(loaded.configuration, [&](const topo::Configuration& next) {
    if (prepare_) publish = prepare_(next);
  });
  if (!reloaded.changes.taken.empty()) {
    if (publish) publish();
    if (auto* opened = opened_.load(std::memory_order_acquire))
      opened->store().clusters().use_patterns(configuration().cluster_name_to_alias);
  }
  for (const auto& warning : loaded.warnings) log_->warn(warning.text);
  const auto& [taken, at_next_start] = reloaded.changes;
  log_->info(fmt::format("Configuration reloaded; changed: {}",
                         taken.empty() ? "nothing" : fmt::format("{}", fmt::join(taken, ", "))));
  if (!at_next_start.empty())
    log_->warn(fmt::format("These keys need a restart: {}", fmt::join(at_next_start, ", ")));
  return reloaded;
}

topo::Context& Session::context() {
  auto* opened = opened_.load(std::memory_order_acquire);
  if (opened == nullptr) {
    if (opening_ == Opening::explicitly) {
      throw topo::Error(topo::Code::backend,
                        "The backend is not open yet; if it stays so, the log of the server says why");
    }
    open();
    opened = opened_.load(std::memory_order_acquire);
  }
  return *opened;
}

topo::Discovery& Session::discovery() {
  auto& opened = context();
  const std::lock_guard lock(mutex_);
  if (discovery_ == nullptr) {
    discovery_ = std::make_unique<topo::Discovery>(opened);
    discovery_->watch_operations(watch_operations_);
  }
  return *discovery_;
}

topo::refactor::Refactoring& Session::refactoring() {
  auto& opened = context();
  auto& takes = discovery();
  const std::lock_guard lock(mutex_);
  if (refactoring_ == nullptr) {
    refactoring_ = std::make_unique<topo::refactor::Refactoring>(
        opened, [&takes](const std::vector<topo::Instance>& read) { takes.take(read); });
    refactoring_->watch(watch_operations_);
  }
  return *refactoring_;
}

topo::refactor::UnfinishedOperations& Session::unfinished() {
  auto& opened = context();
  auto& moves = refactoring();
  auto& takes = discovery();
  const std::lock_guard lock(mutex_);
  if (unfinished_ == nullptr) {
    unfinished_ = std::make_unique<topo::refactor::UnfinishedOperations>(
        opened, moves, [&takes](const std::vector<topo::Instance>& read) { takes.take(read); });
  }
  return *unfinished_;
}

topo::recovery::Recovery& Session::recovery() {
  auto& opened = context();
  auto& moves = refactoring();
  auto& reads = discovery();
  const auto& identity = node();
  const std::lock_guard lock(mutex_);
  if (recovery_ == nullptr) {
    recovery_ = std::make_unique<topo::recovery::Recovery>(
        opened, moves, identity, [&reads](const topo::InstanceKey& key) { return reads.refresh(key); });
    recovery_->watch(watch_operations_);
  }
  return *recovery_;
}

std::string Session::default_owner() const {
  if (const auto& configured = configuration().maintenance_owner; !configured.empty()) return configured;
  auto here = topo::this_host();
  if (here.empty()) here = "this host";
  if (role_ != "cli") return here;
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(getuid(), &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr)
    return found->pw_name;
  return here;
}

const topo::NodeIdentity& Session::node() {
  const std::lock_guard lock(mutex_);
  if (node_ == nullptr) {
    node_ = std::make_unique<topo::NodeIdentity>(topo::NodeIdentity::make(role_, std::string(version())));
  }
  return *node_;
}

void Session::stop_discovery() {
  const std::lock_guard lock(mutex_);
  discovery_.reset();
}

}  // namespace orchestrator
