// Packages of any Debian suite, unpacked into a folder without installing them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "sandbox/temporary.h"

namespace sandbox {

// One suite ("sid", "bookworm"), read from the mirror that this machine's apt uses. apt runs with its own
// lists, cache and status: the machine's apt is only read, never changed, and root is not needed. Signatures
// are checked as for the machine's own suites; Debian 12's archive keyring verifies sid as well.
class DebianArchive {
 public:
  // Fetches the suite's package list. Throws topo::Error{refused} when there is no apt, no Debian mirror, or
  // the mirror is unreachable.
  explicit DebianArchive(const std::string& suite);

  // The package and all libraries that it needs, according to the Depends of the packages. Packages that are
  // not libraries (interpreters, common configuration) are left out, with what only they need.
  [[nodiscard]] std::vector<std::string> with_libraries(const std::string& package) const;

  // Downloads the packages and unpacks their files below `folder`, with the layout of a machine with a merged
  // /usr, so that `folder`/lib also contains the dynamic loader.
  void unpack(const std::vector<std::string>& packages, const std::filesystem::path& folder) const;

 private:
  std::string apt(const std::string& program, const std::vector<std::string>& arguments) const;

  TemporaryFolder work_;
};

}  // namespace sandbox
