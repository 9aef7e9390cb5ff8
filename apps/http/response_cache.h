// ResponseCache: answers kept for as long as they would be given again: until the backend's contents change,
// or the second does, as answers tell ages.
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

// Thread-safe. Bounded in number and size; what does not fit is given and not kept.
class ResponseCache {
 public:
  // Changes whenever an answer might; nullopt: nothing can be kept. Asked at most once a millisecond,
  // which is therefore how old an answer can be.
  using DataVersion = std::function<std::optional<std::uint64_t>()>;

  explicit ResponseCache(DataVersion data_version) : data_version_(std::move(data_version)) {}

  // The answer that is kept for this target; nullptr when there is none.
  [[nodiscard]] Body find(std::string_view target);
  // That, or else what `produce` makes; of the threads that ask for the same target at once one produces
  // and the others wait for it. What `produce` throws is thrown to its own caller.
  [[nodiscard]] Body get(std::string_view target, const std::function<std::string()>& produce);
  // Keeps nothing of what was, so that who changes something finds it changed at once.
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
    bool to_produce;  // by the claimant
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
