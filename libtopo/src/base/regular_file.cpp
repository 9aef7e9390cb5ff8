#include "base/regular_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "base/error_text.h"

namespace topo {
namespace {

constexpr std::size_t largest = std::size_t{16} << 20;

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return number_; }

 private:
  int number_;
};

void require_regular(mode_t mode) {
  if (S_ISREG(mode)) return;
  if (S_ISDIR(mode)) throw UnreadableFile{"it is a folder; name the file in it"};
  const auto* what = S_ISFIFO(mode) ? "a pipe" : S_ISSOCK(mode) ? "a socket" : "a device";
  throw UnreadableFile{std::string("it is ") + what +
                       ", whose end is unknown; write its content to a file and name that file"};
}

std::string read_all(int descriptor) {
  std::string text;
  std::array<char, 65536> part;
  for (;;) {
    const auto got = ::read(descriptor, part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw UnreadableFile{error_text(errno)};
    if (got == 0) return text;
    text.append(part.data(), static_cast<std::size_t>(got));
    if (text.size() > largest) throw UnreadableFile{"it is larger than 16 MB; is it the right file?"};
  }
}

}  // namespace

FileContent read_regular_file(const std::filesystem::path& file) {
  // Check before open(): opening a FIFO or a device can block or have side effects, such as moving a tape.
  struct stat status {};
  if (::stat(file.c_str(), &status) == 0) require_regular(status.st_mode);
  const Descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (opened.get() < 0) {
    const int number = errno;
    if (number == ENOENT || number == ENOTDIR) throw UnreadableFile{error_text(number), true};
    throw UnreadableFile{error_text(number) + "; check its owner and permissions"};
  }
  if (::fstat(opened.get(), &status) != 0) throw UnreadableFile{error_text(errno)};
  require_regular(status.st_mode);
  return {read_all(opened.get()), (status.st_mode & S_IROTH) != 0};
}

}  // namespace topo
