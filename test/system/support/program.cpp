#include "system/support/program.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <csignal>
#include <stdexcept>
#include <utility>

extern char** environ;

namespace system_test {
namespace {

std::string content_of(int descriptor) {
  std::string text;
  std::array<char, 65536> buffer{};
  // Not by the file offset, which belongs to the writer.
  for (ssize_t n = 0;
       (n = pread(descriptor, buffer.data(), buffer.size(), static_cast<off_t>(text.size()))) > 0;)
    text.append(buffer.data(), static_cast<std::size_t>(n));
  return text;
}

}  // namespace

Program::Program(const std::vector<std::string>& words, const std::filesystem::path& folder)
    : out_(memfd_create("out", MFD_CLOEXEC)), err_(memfd_create("err", MFD_CLOEXEC)) {
  std::vector<char*> arguments;
  for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, out_, 1);
  posix_spawn_file_actions_adddup2(&actions, err_, 2);
  if (!folder.empty()) posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  const int error = posix_spawn(&pid_, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error("cannot start " + words.front());
}

Program::~Program() {
  end(SIGKILL);
  close(out_);
  close(err_);
}

pid_t Program::pid() const {
  if (pid_ <= 0) throw std::logic_error("a program that was ended has no process");
  return pid_;
}

std::string Program::err() const {
  return content_of(err_);
}

void Program::pause() {
  kill(pid(), SIGSTOP);
  siginfo_t change{};
  // WNOWAIT: a process that has ended must not be reaped here.
  waitid(P_PID, static_cast<id_t>(pid_), &change, WSTOPPED | WEXITED | WNOWAIT);
  if (change.si_code != CLD_STOPPED) throw std::runtime_error("a program to be paused has ended");
}

void Program::resume() {
  kill(pid(), SIGCONT);
}

Outcome Program::end(int signal) {
  Outcome outcome;
  if (pid_ <= 0) return outcome;
  if (signal != 0) kill(pid_, signal);
  int status = 0;
  waitpid(std::exchange(pid_, -1), &status, 0);
  outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  outcome.out = content_of(out_);
  outcome.err = content_of(err_);
  return outcome;
}

void require_error(const Outcome& outcome, std::string_view words) {
  CHECK(outcome.status == 1);
  CHECK(outcome.out.empty());
  CHECK_THAT(outcome.err, Catch::Contains(std::string(words)));
}

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

Outcome run(const std::vector<std::string>& words, const std::filesystem::path& folder) {
  return Program(words, folder).end();
}

std::string built(std::string_view name) {
  return fmt::format("{}/{}", BIN_FOLDER, name);
}

HttpAnswer http_get(std::uint16_t port, const std::string& target, const std::string& headers,
                    const std::string& from) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sockaddr_in source{};
  source.sin_family = AF_INET;
  inet_pton(AF_INET, from.c_str(), &source.sin_addr);
  std::string text;
  if (bind(socket, reinterpret_cast<sockaddr*>(&source), sizeof source) == 0 &&
      connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
    const auto request = fmt::format("GET {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n{}\r\n",
                                     target, port, headers);
    static_cast<void>(send(socket, request.data(), request.size(), MSG_NOSIGNAL));
    std::array<char, 65536> buffer{};
    for (ssize_t n = 0; (n = recv(socket, buffer.data(), buffer.size(), 0)) > 0;)
      text.append(buffer.data(), static_cast<std::size_t>(n));
  }
  close(socket);
  HttpAnswer answer;
  if (const auto blank = text.find(' '); blank != std::string::npos)
    answer.status = std::atoi(text.c_str() + blank);
  if (const auto end = text.find("\r\n\r\n"); end != std::string::npos) answer.body = text.substr(end + 4);
  return answer;
}

}  // namespace system_test
