#include "sandbox/temporary.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include "topo/base/error.h"

namespace sandbox {
namespace {

[[noreturn]] void refuse(const std::filesystem::path& path, std::string_view complaint) {
  throw topo::Error(topo::Code::refused,
                    fmt::format("{} {}: {}", path.string(), complaint, std::strerror(errno)));
}

}  // namespace

TemporaryFolder::TemporaryFolder()
    : TemporaryFolder(std::filesystem::temp_directory_path(), "orchestrator-sandbox-") {}

TemporaryFolder::TemporaryFolder(const std::filesystem::path& parent, const std::string& prefix) {
  std::string name = (parent / (prefix + "XXXXXX")).string();
  if (mkdtemp(name.data()) == nullptr) refuse(name, "cannot be made");
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;  // a destructor cannot report it
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

void TemporaryFolder::keep_as(const std::filesystem::path& name) {
  std::filesystem::rename(path_, name);
  path_.clear();
}

void remove_leftovers(const std::filesystem::path& parent, const std::string& prefix) {
  for (const auto& entry : std::filesystem::directory_iterator(parent)) {
    if (entry.path().filename().string().starts_with(prefix)) std::filesystem::remove_all(entry.path());
  }
}

FileLock::FileLock(const std::filesystem::path& file)
    : descriptor_(open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
  if (descriptor_ < 0) refuse(file, "cannot be opened as a lock");
  while (flock(descriptor_, LOCK_EX) != 0) {
    if (errno != EINTR) refuse(file, "cannot be locked");
  }
}

FileLock::~FileLock() {
  close(descriptor_);
}

}  // namespace sandbox
