#include "common/stack_trace.h"

#include <cxxabi.h>
#include <dlfcn.h>
#include <elf.h>
#include <fmt/format.h>
#include <link.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <memory>

namespace orchestrator {
namespace {

struct Function {
  std::uint64_t begin = 0, size = 0;
  std::string name;
};

template <typename T>
std::vector<T> read_table(std::istream& file, std::uint64_t offset, std::uint64_t bytes) {
  constexpr std::uint64_t largest = std::uint64_t{256} << 20U;
  std::vector<T> table(std::min(bytes, largest) / sizeof(T));
  file.seekg(static_cast<std::streamoff>(offset));
  file.read(reinterpret_cast<char*>(table.data()), static_cast<std::streamsize>(table.size() * sizeof(T)));
  return file ? table : std::vector<T>();
}

// The functions of the program's own file by address, including static ones, which the dynamic linker does
// not know. Empty: the file was stripped, or cannot be read.
std::vector<Function> own_functions() {
  std::vector<Function> functions;
  std::ifstream file("/proc/self/exe", std::ios::binary);
  const auto header = read_table<ElfW(Ehdr)>(file, 0, sizeof(ElfW(Ehdr)));
  if (header.empty()) return functions;
  const auto sections =
      read_table<ElfW(Shdr)>(file, header[0].e_shoff, std::uint64_t{header[0].e_shnum} * sizeof(ElfW(Shdr)));
  for (const auto& section : sections) {
    if (section.sh_type != SHT_SYMTAB || section.sh_link >= sections.size()) continue;
    const auto& texts = sections[section.sh_link];
    auto names = read_table<char>(file, texts.sh_offset, texts.sh_size);
    names.push_back('\0');
    for (const auto& symbol : read_table<ElfW(Sym)>(file, section.sh_offset, section.sh_size)) {
      if ((symbol.st_info & 0xfU) != STT_FUNC || symbol.st_size == 0 || symbol.st_name >= names.size())
        continue;
      functions.push_back({symbol.st_value, symbol.st_size, &names[symbol.st_name]});
    }
  }
  std::ranges::sort(functions, {}, &Function::begin);
  return functions;
}

// The address at which the program's own file is mapped.
std::uint64_t own_base() {
  std::uint64_t base = 0;
  dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* found) {
        *static_cast<std::uint64_t*>(found) = info->dlpi_addr;
        return 1;  // the first is the program
      },
      &base);
  return base;
}

std::string demangled(const std::string& name) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text(
      abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status), &std::free);
  return status == 0 ? text.get() : name;
}

std::string describe(const std::vector<Function>& functions, std::uint64_t base, void* address) {
  const auto number = reinterpret_cast<std::uint64_t>(address);
  const auto offset = number - base;
  auto next = std::ranges::upper_bound(functions, offset, {}, &Function::begin);
  if (next != functions.begin() && offset - std::prev(next)->begin <= std::prev(next)->size)
    return fmt::format("{} +{:#x}", demangled(std::prev(next)->name), offset - std::prev(next)->begin);
  Dl_info info{};
  if (dladdr(address, &info) == 0 || info.dli_fname == nullptr) return fmt::format("{:#x}", number);
  if (info.dli_sname == nullptr) return fmt::format("{} {:#x}", info.dli_fname, number);
  return fmt::format("{} ({})", demangled(info.dli_sname), info.dli_fname);
}

}  // namespace

std::vector<std::string> describe_stack(std::span<void* const> addresses) {
  std::vector<std::string> lines;
  if (addresses.empty()) return lines;
  const auto functions = own_functions();
  const auto base = own_base();
  for (auto* address : addresses) lines.push_back(describe(functions, base, address));
  // The error's own constructor is not where it was thrown.
  const auto is_own = [](const std::string& line) { return line.starts_with("topo::Error::Error("); };
  if (const auto own = std::ranges::find_if(lines, is_own); own != lines.end())
    lines.erase(lines.begin(), own + 1);
  return lines;
}

}  // namespace orchestrator
