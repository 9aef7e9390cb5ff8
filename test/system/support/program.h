// Programs run as a user runs them, and requests to a server.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace system_test {

struct Outcome {
  int status = -1;  // exit status; 128 + the signal that ended the program
  std::string out, err;
};

// A started program; the destructor ends it.
class Program {
 public:
  // words[0] is the program's file. Runs in `folder` (empty: the current one); its output goes to files that
  // are read after its end.
  explicit Program(const std::vector<std::string>& words, const std::filesystem::path& folder = {});
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // Throws std::logic_error after the program's end: a signal to -1 would go to every process.
  [[nodiscard]] pid_t pid() const;
  // Standard error so far.
  [[nodiscard]] std::string err() const;
  void pause();  // SIGSTOP; returns when all threads are stopped
  void resume();
  // Sends the signal unless it is 0, and waits for the end.
  Outcome end(int signal = 0);

 private:
  pid_t pid_ = -1;
  int out_ = -1, err_ = -1;
};

// Checks that the program failed without output, and that its message contains `words`.
void require_error(const Outcome& outcome, std::string_view words);
// How often `text` contains `part`.
[[nodiscard]] std::size_t count(std::string_view text, std::string_view part);

// Runs the program to its end.
[[nodiscard]] Outcome run(const std::vector<std::string>& words, const std::filesystem::path& folder = {});
// The built program with this name.
[[nodiscard]] std::string built(std::string_view name);

struct HttpAnswer {
  int status = 0;  // 0: no answer
  std::string body;
};
// GET from the address `from`, over a new connection; `headers` are whole lines, each ended by "\r\n".
[[nodiscard]] HttpAnswer http_get(std::uint16_t port, const std::string& target,
                                  const std::string& headers = "", const std::string& from = "127.0.0.1");

}  // namespace system_test
