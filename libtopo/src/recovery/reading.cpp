#include "recovery/reading.h"

#include <fmt/format.h>
#include <spdlog/logger.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <thread>
#include <utility>

#include "base/parallel.h"
#include "topo/base/error.h"
#include "topo/context.h"
#include "topo/mysql/connection.h"
#include "topo/topology/rules.h"

namespace topo::recovery {
namespace {

constexpr std::size_t reads_at_once = 32;

// The failed instance, its replicas on any channel, its master, and its siblings: a sibling may become their
// new master.
std::vector<InstanceKey> concerned(InstanceStore& instances, const KnownInstance& failed) {
  std::vector keys{failed.instance.key};
  const auto add_replicas_of = [&](const InstanceKey& master) {
    for (const auto& replica : instances.read_replicas(master)) keys.push_back(replica.instance.key);
  };
  add_replicas_of(failed.instance.key);
  for (const auto& replica : instances.read_side_replicas(failed.instance.key))
    keys.push_back(replica.instance.key);
  if (const auto master = failed.instance.master_key()) {
    keys.push_back(*master);
    add_replicas_of(*master);
  }
  std::ranges::sort(keys);
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

}  // namespace

KnownInstance require_known(Context& context, const InstanceKey& key) {
  if (auto known = context.store().instances().read(key)) return std::move(*known);
  throw Error(Code::not_found, fmt::format("Instance not found: {}; add it with `discover`", key.display()));
}

// Stored data may be old: the master must be seen dead now. Replicas notice a moment after their master that
// its connections have broken.
Recovery::JustRead Recovery::read_again(const KnownInstance& before) const {
  constexpr std::chrono::milliseconds first_pause{10}, longest_pause{320};
  const auto& key = before.instance.key;
  JustRead just_read;
  read_into(just_read, concerned(context_.store().instances(), before));
  const auto failed = just_read.failed.find(key);
  if (failed == just_read.failed.end() || failed->second.failure != ReadFailure::no_answer) return just_read;
  failed->second.polled_ago = refactor::polled_ago(context_, before);
  for (auto pause = first_pause; pause <= longest_pause; pause *= 2) {
    std::vector<InstanceKey> connected;
    for (const auto& [replica, known] : just_read.read)
      if (is_connected_to(known, key)) connected.push_back(replica);
    if (connected.empty()) break;
    std::this_thread::sleep_for(pause);
    read_into(just_read, connected);
  }
  return just_read;
}

// What could not be stored ends the recovery: other processes would go on believing that the master is alive.
void Recovery::read_into(JustRead& read, const std::vector<InstanceKey>& keys) const {
  struct Result {
    std::optional<KnownInstance> known;
    refactor::FailedRead failed;
    std::exception_ptr backend_error;
  };
  std::vector<Result> results(keys.size());
  in_parallel(keys.size(), reads_at_once, [&](std::size_t i) {
    try {
      results[i].known = refresh_(keys[i]);
    } catch (const Error& error) {
      context_.log().info(error.what());
      results[i].failed = {error.what(), mysql::read_failure_of(error)};
      if (error.code() == Code::backend) results[i].backend_error = std::current_exception();
    } catch (const std::exception& error) {
      context_.log().info(error.what());
      results[i].failed = {error.what(), ReadFailure::local};
    }
  });
  for (const auto& one : results)
    if (one.backend_error) std::rethrow_exception(one.backend_error);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    read.read.erase(keys[i]);
    read.failed.erase(keys[i]);
    // The name that was asked may be another name of a known instance.
    if (results[i].known)
      read.read.insert_or_assign(results[i].known->instance.key, std::move(*results[i].known));
    else
      read.failed.insert_or_assign(keys[i], std::move(results[i].failed));
  }
}

refactor::FailedRead Recovery::ask_now(const InstanceKey& key) const {
  try {
    static_cast<void>(refresh_(key));
    return {"", ReadFailure::none};
  } catch (const Error& error) {
    if (error.code() == Code::backend) throw;
    context_.log().info(error.what());
    return {error.what(), mysql::read_failure_of(error)};
  }
}

}  // namespace topo::recovery
