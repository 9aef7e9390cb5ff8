// Where programs are used: servers, and a folder with a configuration for them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/ports.h"
#include "sandbox/topology.h"
#include "system/support/program.h"

namespace system_test {

// Servers, a configuration in the working folder, and the command line there.
class Desk {
 public:
  // `more` are further settings, `"Name": value, …`.
  explicit Desk(std::string_view tree, const sandbox::Options& options = {}, std::string_view more = "");

  // Another configuration of that name, with further settings; another server may use it at port().
  void write_configuration(std::string_view file, std::string_view more) const;
  // `words` as they are typed after "orchestrator".
  [[nodiscard]] Outcome orchestrator(std::vector<std::string> words) const;
  [[nodiscard]] std::string key(std::string_view name) const;
  // As routes have it: host/port.
  [[nodiscard]] std::string path(std::string_view name) const;
  [[nodiscard]] std::uint16_t port() const { return port_.port(); }

  sandbox::Topology servers;
  std::filesystem::path folder;

 private:
  sandbox::ReservedPort port_;
};

}  // namespace system_test
