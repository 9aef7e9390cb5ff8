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

// A server of a saved sandbox, running or not.
struct SavedServer {
  std::unique_ptr<Server> server;
  std::optional<std::string> master;  // according to the tree that the sandbox was started with
};

// The file with the information that is needed to find the servers of a sandbox again.
[[nodiscard]] std::filesystem::path state_file(const std::filesystem::path& folder);

void save(const std::filesystem::path& folder, const std::vector<SavedServer>& servers);
// Saves the servers of a topology with Options::detached.
void save(const Topology& topology);

// Throws topo::Error{not_found} when the folder contains no sandbox, {invalid_argument} when its file is
// damaged.
[[nodiscard]] std::vector<SavedServer> load(const std::filesystem::path& folder);

}  // namespace sandbox
