// Sandboxes that outlive the command that started them.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sandbox/server.h"
#include "sandbox/topology.h"

namespace sandbox {

// A server of a saved sandbox; it may run or not.
struct SavedServer {
  std::unique_ptr<Server> server;
  std::optional<std::string> master;  // by the tree that the sandbox was started with
};

// The file that holds what is needed to find a sandbox's servers again.
[[nodiscard]] std::filesystem::path state_file(const std::filesystem::path& folder);

void save(const std::filesystem::path& folder, const std::vector<SavedServer>& servers);
// The servers of a topology with Options::detached.
void save(const Topology& topology);

// Throws topo::Error{not_found} when the folder holds no sandbox, {invalid_argument} when its file is
// damaged.
[[nodiscard]] std::vector<SavedServer> load(const std::filesystem::path& folder);

}  // namespace sandbox
