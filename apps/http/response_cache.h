// ResponseCache: keeps responses until the backend's contents change, or until the second changes, because
// responses report ages.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace orchestrator {

using Body = std::shared_ptr<const std::string>;

// Thread-safe. Bounded in number and size; a response that does not fit is returned but not cached.
class ResponseCache {
 public:
  // Changes whenever a response might; nullopt: nothing can be cached. Called at most once per millisecond,
  // so a response can be outdated by that much.
  using DataVersion = std::function<std::optional<std::uint64_t>()>;

  explicit ResponseCache(DataVersion data_version) : data_version_(std::move(data_version)) {}

  // The cached response for this target; nullptr when there is none.
  [[nodiscard]] Body find(std::string_view target);
  // The cached response, otherwise the result of `produce`. When several threads request the same target at
  // once, one produces it and the others wait. An exception from `produce` reaches only its own caller.
  [[nodiscard]] Body get(std::string_view target, const std::function<std::string()>& produce);
  // Drops all entries, so that a client that has changed something sees the change at once.
  void clear();

 private:
  enum class State { producing, ready, failed };
  struct Slot {
    std::atomic<State> state{State::producing};
    Body body;  // valid when ready
  };
  using SlotPointer = std::shared_ptr<Slot>;
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };
  struct Generation {
    std::uint64_t version = 0;
    std::int64_t second = 0;
    friend bool operator==(const Generation&, const Generation&) = default;
  };

  struct Claim {
    SlotPointer slot;
    bool to_produce;  // the claimant must produce the body
  };

  bool refresh_generation();
  [[nodiscard]] Claim claim(std::string_view target);
  void account_for(std::string_view target, const SlotPointer& slot);
  [[nodiscard]] static Body await(Slot& slot);

  const DataVersion data_version_;
  std::mutex mutex_;
  std::chrono::steady_clock::time_point version_asked_{};
  std::optional<std::uint64_t> version_;
  Generation generation_;
  std::unordered_map<std::string, SlotPointer, Hash, std::equal_to<>> slots_;
  std::size_t bytes_ = 0;
};

}  // namespace orchestrator
