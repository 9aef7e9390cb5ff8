// orchestrator-rogue: starts misbehaving servers from the command line.
#include <fmt/format.h>
#include <pthread.h>

#include <csignal>
#include <cstdio>
#include <cxxopts.hpp>
#include <exception>

#include "sandbox/rogue/server.h"

namespace {

int run(int argc, char** argv) {
  rogue::Options options;
  std::int64_t pause = options.pause.count();
  cxxopts::Options known("orchestrator-rogue",
                         "Listens as a MySQL server would, and misbehaves, until it is ended.");
  auto add = known.add_options();
  add("mode", "how, see below", cxxopts::value(options.mode)->default_value(options.mode));
  add("address", "where to listen", cxxopts::value(options.address)->default_value(options.address));
  add("port", "of the first server; 0: any", cxxopts::value(options.port)->default_value("0"));
  add("count", "servers, each on a port of its own", cxxopts::value(options.count)->default_value("1"));
  add("seed", "of mode random", cxxopts::value(options.seed)->default_value("0"));
  add("pause", "milliseconds between the bytes of those that drip",
      cxxopts::value(pause)->default_value("1000"));
  add("amount", "of what modes give much of", cxxopts::value(options.amount)->default_value("6000"));
  add("name", "of a host, for mode names", cxxopts::value(options.name)->default_value(options.name));
  add("help", "print this");
  if (known.parse(argc, argv).count("help") > 0) {
    fmt::print("{}\nModes\n", known.help());
    for (const auto& mode : rogue::modes()) fmt::print("  {:<20} {}\n", mode.name, mode.what);
    return 0;
  }
  options.pause = std::chrono::milliseconds(pause);
  sigset_t ending;
  sigemptyset(&ending);
  for (const int signal : {SIGTERM, SIGINT}) sigaddset(&ending, signal);
  pthread_sigmask(SIG_BLOCK, &ending, nullptr);
  const rogue::Server server(options);
  for (const auto port : server.ports()) fmt::print("{}:{}\n", server.address(), port);
  std::fflush(stdout);
  int signal = 0;
  sigwait(&ending, &signal);
  fmt::print(stderr, "{} clients, {} bytes heard, {} bytes sent\n", server.clients(), server.heard().size(),
             server.bytes_sent());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "orchestrator-rogue: {}\n", error.what());
    return 1;
  }
}
