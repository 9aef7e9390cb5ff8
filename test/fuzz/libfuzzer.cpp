// A libFuzzer program for one target (FUZZ_TARGET), with its seed corpus:
//
//   fuzz_NAME seeds FOLDER    writes the seed inputs to FOLDER, and the words to FOLDER.dictionary
//   fuzz_NAME FOLDER …        runs libFuzzer with its usual arguments
#include <fmt/format.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>

#include "fuzz/mutate.h"
#include "fuzz/targets.h"

namespace {

constexpr const fuzz::Target& target = fuzz::FUZZ_TARGET;

void write_seeds(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  std::size_t number = 0;
  for (const auto& text : target.corpus()) std::ofstream(folder / fmt::format("seed-{}", ++number)) << text;
  std::ofstream dictionary(folder.string() + ".dictionary");
  for (const auto& word : target.words()) dictionary << '"' << fuzz::printable(word) << "\"\n";
  if (!dictionary.flush()) throw std::runtime_error(fmt::format("Cannot write to {}", folder.string()));
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* count, char*** arguments) {
  const std::string_view first = *count == 3 ? (*arguments)[1] : "";
  if (first != "seeds") return 0;
  try {
    write_seeds((*arguments)[2]);
    std::exit(0);
  } catch (const std::exception& error) {
    std::fputs(error.what(), stderr);
    std::exit(1);
  }
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  try {
    static_cast<void>(target.run(input));
  } catch (const std::exception& error) {
    std::fputs(fmt::format("{}: \"{}\"\n", error.what(), fuzz::printable(input)).c_str(), stderr);
    std::abort();
  }
  return 0;
}
