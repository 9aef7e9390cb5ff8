// ProgramFixture: servers, a folder with their configuration, and the programs run there.
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
class ProgramFixture {
 public:
  // `more`: further settings, `"Name": value, …`.
  explicit ProgramFixture(std::string_view tree, const sandbox::Options& options = {},
                          std::string_view more = "");

  // Writes another configuration with further settings; another server may use it at port().
  void write_configuration(std::string_view file, std::string_view more) const;
  // `words`: the arguments after "orchestrator".
  [[nodiscard]] Outcome orchestrator(std::vector<std::string> words) const;
  [[nodiscard]] std::string key(std::string_view name) const;
  // host/port, as in routes.
  [[nodiscard]] std::string path(std::string_view name) const;
  [[nodiscard]] std::uint16_t port() const { return port_.port(); }

  sandbox::Topology servers;
  std::filesystem::path folder;

 private:
  sandbox::ReservedPort port_;
};

}  // namespace system_test
