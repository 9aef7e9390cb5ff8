#include "config/text_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "base/shown_text.h"
#include "topo/base/error.h"

namespace topo::config {
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

[[noreturn]] void refuse(std::string_view kind, const std::filesystem::path& file, std::string_view why) {
  throw Error(Code::invalid_argument,
              fmt::format("Cannot read the {} {}: {}", kind, shown_text(file.string(), 300), why));
}

std::string error_text(int number) {
  return std::generic_category().message(number);
}

std::string read_all(int descriptor, std::string_view kind, const std::filesystem::path& file) {
  std::string text;
  std::array<char, 65536> part;
  for (;;) {
    const auto got = ::read(descriptor, part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) refuse(kind, file, error_text(errno));
    if (got == 0) return text;
    text.append(part.data(), static_cast<std::size_t>(got));
    if (text.size() > largest) refuse(kind, file, "it is larger than 16 MB; is it the right file?");
  }
}

}  // namespace

std::optional<TextFile> read_text_file(const std::filesystem::path& file, std::string_view kind) {
  const Descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (opened.get() < 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    refuse(kind, file, fmt::format("{}; check its owner and permissions", error_text(errno)));
  }
  struct stat status {};
  if (::fstat(opened.get(), &status) != 0) refuse(kind, file, error_text(errno));
  if (S_ISDIR(status.st_mode)) refuse(kind, file, "it is a folder; name the file in it");
  auto text = check_text(read_all(opened.get(), kind, file), file.string());
  return TextFile{std::move(text), S_ISREG(status.st_mode) && (status.st_mode & S_IROTH) != 0};
}

std::string check_text(std::string text, const std::string& name) {
  const auto nul = text.find('\0');
  const auto wrong = std::min(nul, find_invalid_utf8(text));
  if (wrong != std::string::npos) {
    const auto [line, column] = position_of(text, wrong);
    throw Error(Code::invalid_argument,
                fmt::format("{}, line {}, column {}: {}; save the file as UTF-8 text", shown_text(name, 300),
                            line, column, wrong == nul ? "a NUL byte" : "not UTF-8"));
  }
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  if (text.starts_with(byte_order_mark)) text.erase(0, byte_order_mark.size());
  return text;
}

Position position_of(std::string_view text, std::size_t offset) {
  const auto before = text.substr(0, offset);
  const auto line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const auto characters =
      std::count_if(before.begin() + static_cast<std::ptrdiff_t>(line_start), before.end(),
                    [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
  return {static_cast<std::size_t>(lines) + 1, static_cast<std::size_t>(characters) + 1};
}

}  // namespace topo::config
