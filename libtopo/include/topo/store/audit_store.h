// AuditStore: what was done. Threads and errors: see topo/store/store.h.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "topo/base/clock.h"
#include "topo/base/instance_key.h"

namespace topo {

struct AuditEntry {
  std::int64_t id = 0;
  std::string timestamp;  // "YYYY-MM-DD HH:MM:SS", UTC
  std::string type;
  std::string hostname;  // as stored, possibly not a valid host name
  std::int64_t port = 0;
  std::string message;
};

struct NewAuditEntry {
  std::string type;
  InstanceKey key;
  std::string message;
  SteadyTime at = std::chrono::steady_clock::now();
  std::string token{};         // unique to this entry; "": the entry is written once
  bool may_be_stored = false;  // by a failed call: the store looks for the token first
};

class AuditStore {
 public:
  virtual ~AuditStore() = default;
  // Writes the entry also to AuditLogFile, if configured: a line of time, type, host, port and message,
  // separated by tabs. Failures to write the file are logged.
  virtual void write(const NewAuditEntry& entry) = 0;
  void write(std::string_view type, const InstanceKey& key, std::string_view message) {
    write(NewAuditEntry{.type = std::string(type), .key = key, .message = std::string(message)});
  }
  // Newest first, page 0 the latest; entries with `text` in type, host:port or message, case-insensitive.
  virtual std::vector<AuditEntry> read(unsigned page, unsigned page_size, std::string_view text) = 0;
  std::vector<AuditEntry> read(unsigned page, unsigned page_size) { return read(page, page_size, ""); }
};

}  // namespace topo
