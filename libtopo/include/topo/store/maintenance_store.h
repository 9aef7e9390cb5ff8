// MaintenanceStore: locks on instances. Threads and errors: see topo/store/store.h.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "topo/base/instance_key.h"
#include "topo/model/instance.h"

namespace topo {

// A lock on an instance: while it is active, only the operation that holds it moves the instance.
struct Maintenance {
  std::int64_t id = 0;
  InstanceKey key;
  std::string begin;  // "YYYY-MM-DD HH:MM:SS", UTC
  std::chrono::seconds elapsed{0};
  std::chrono::seconds left{0};  // until it expires
  bool is_active = false;
  std::string owner, reason;
  std::string process;  // of the operation that holds the lock, or has joined a person's lock; "": none
  // The operation's process is alive, or is on another host and has reported recently.
  bool is_of_operation = false;
  bool is_left_behind = false;  // an operation began it, whose process has ended
};

// "db1:3306 is locked by ann since 2026-11-24 03:12:07, for 600 s at most: move up"; if the process of its
// operation has ended, also how to list the leftovers.
[[nodiscard]] std::string describe(const Maintenance& held);

// Sets the lock fields of KnownInstance; note_locks: of those instances that have a lock.
void note_lock(const Maintenance& held, KnownInstance& known);
void note_locks(std::span<const Maintenance> locks, std::vector<KnownInstance>& instances);

struct MaintenanceRequest {
  InstanceKey key;
  std::string reason;
  std::string process = {};  // of an operation; "": the lock is for a person
};

// Locks on instances, respected by all processes that share the backend (database_instance_maintenance).
class MaintenanceStore {
 public:
  virtual ~MaintenanceStore() = default;
  // Locks all instances or none; returns the ids, in order. Expired locks do not count. Throws Error{locked}
  // with the instance, and the owner, begin and reason of its lock. `token` must be unique to this call.
  virtual std::vector<std::int64_t> begin(std::span<const MaintenanceRequest> requests,
                                          std::string_view owner, std::chrono::seconds duration,
                                          std::string_view token) = 0;
  std::vector<std::int64_t> begin(std::span<const MaintenanceRequest> requests, std::string_view owner,
                                  std::chrono::seconds duration) {
    return begin(requests, owner, duration, "");
  }
  // Removes what begin() stored under that token, if anything.
  virtual void withdraw(std::string_view token) = 0;
  // False: no such lock is active.
  virtual bool end(std::int64_t id) = 0;
  virtual bool end(const InstanceKey& key) = 0;
  // Ends the given locks whose operation is no longer alive.
  virtual void end_abandoned(std::span<const std::int64_t> ids) = 0;
  // The operation of that process joins the active lock of the instance. Returns the lock as it was before;
  // nullopt: the instance is not locked. Throws Error{locked} if a live operation holds the lock, or has
  // joined it.
  virtual std::optional<Maintenance> join(const InstanceKey& key, std::string_view process) = 0;
  virtual void part(const Maintenance& former) = 0;  // undoes join()
  // Records that the locks' process is alive; with `duration`, the locks expire that long from now. False: at
  // least one of the locks has ended.
  virtual bool renew(std::span<const std::int64_t> ids, std::optional<std::chrono::seconds> duration) = 0;
  virtual bool are_active(std::span<const std::int64_t> ids) = 0;
  // The instance was locked again after the lock with this id began; that later lock may have ended.
  virtual bool was_locked_since(const InstanceKey& key, std::int64_t id) = 0;
  virtual std::optional<Maintenance> of(const InstanceKey& key) = 0;  // active and not expired
  virtual std::vector<Maintenance> active() = 0;                      // the same, by id
  // Ends expired locks; returns their instances.
  virtual std::vector<InstanceKey> expire() = 0;
  // Deletes locks that ended longer ago than `age`; returns the number of locks.
  virtual std::uint64_t purge(std::chrono::days age) = 0;
};

}  // namespace topo
