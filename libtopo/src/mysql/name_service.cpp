#include "mysql/name_service.h"

#include <errmsg.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <resolv.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <mutex>
#include <system_error>
#include <thread>
#include <unordered_set>
#include <utility>

#include "mysql/broken.h"
#include "mysql/socket.h"

namespace topo::mysql {
namespace {

constexpr unsigned most_lookups = 64;  // of names that were answered before, and of others
constexpr std::size_t most_remembered = 20'000;

NameAnswer ask(const std::string& host, const std::string& port, int flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | flags;
  addrinfo* list = nullptr;
  const int failure = getaddrinfo(host.c_str(), port.empty() ? nullptr : port.c_str(), &hints, &list);
  if (failure != 0) return {failure, nullptr};
  return {0, {list, [](const addrinfo* all) { freeaddrinfo(const_cast<addrinfo*>(all)); }}};
}

// The resolver's settings belong to the calling thread. Reading them anew takes in a changed resolv.conf,
// which libc does not do by itself once a program has touched them.
void bound_waiting() {
  constexpr int seconds_per_try = 2;
  constexpr int tries = 2;
  if (res_init() != 0) return;
  _res.retrans = std::min(_res.retrans, seconds_per_try);
  _res.retry = std::min(_res.retry, tries);
}

// Names that were answered. Who makes names up, and lets them hang, does not get into their way.
class AnsweredNames {
 public:
  bool contain(const std::string& host) {
    const std::lock_guard lock(mutex_);
    return names_.contains(host);
  }
  void add(const std::string& host) {
    const std::lock_guard lock(mutex_);
    if (names_.size() >= most_remembered) names_.clear();
    names_.insert(host);
  }

 private:
  std::mutex mutex_;
  std::unordered_set<std::string> names_;
};

// Never destroyed, as threads that use it may outlive main().
AnsweredNames& answered_names() {
  static auto* const names = new AnsweredNames;
  return *names;
}

int make_slots() {
  const int slots = eventfd(most_lookups, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE);
  if (slots < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  return slots;
}

// Counts down as lookups begin; never closed, for the same reason.
int slots_of(const std::string& host) {
  static const int for_answered = make_slots(), for_others = make_slots();
  return answered_names().contain(host) ? for_answered : for_others;
}

// Shared by who waits for it and the thread that does it.
struct Lookup {
  Lookup(std::string of_host, std::string of_port, int with_flags)
      : host(std::move(of_host)), port(std::move(of_port)), flags(with_flags) {}

  const std::string host, port;
  const int flags;
  const int slots = slots_of(host);
  const Socket done{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};  // readable in the end
  std::mutex mutex;
  NameAnswer answer;

  void run() {
    bound_waiting();
    auto found = ask(host, port, flags);
    if (found.failure == 0) answered_names().add(host);
    const std::lock_guard lock(mutex);
    answer = std::move(found);
    eventfd_write(done.descriptor(), 1);
  }
};

void take_slot(int slots, Waiting& waiting) {
  eventfd_t one = 0;
  while (eventfd_read(slots, &one) != 0) {
    const auto outcome = waiting.wait(slots, POLLIN);
    if (outcome != Waiting::Outcome::ready)
      throw_not_waited(outcome, waiting, "the name service has not answered others, who asked before,");
  }
}

// Nothing can end getaddrinfo(): what takes it longer than anybody waits is left to a thread that touches
// nothing but its Lookup.
void start(const std::shared_ptr<Lookup>& lookup, Waiting& waiting) {
  take_slot(lookup->slots, waiting);
  try {
    std::thread([lookup] {
      lookup->run();
      eventfd_write(lookup->slots, 1);
    }).detach();
  } catch (...) {
    eventfd_write(lookup->slots, 1);
    throw;
  }
}

}  // namespace

void throw_not_waited(Waiting::Outcome outcome, const Waiting& waiting, std::string_view what) {
  if (outcome == Waiting::Outcome::interrupted)
    throw Broken{Code::refused, CR_CONN_HOST_ERROR, "this process is being stopped"};
  throw Broken{
      Code::timeout, CR_CONN_HOST_ERROR,
      fmt::format("{} within {:.3g} s", what, std::chrono::duration<double>(waiting.allowed()).count())};
}

NameAnswer ask_name_service(const std::string& host, const std::string& port, int flags, Waiting& waiting) {
  if (auto in_digits = ask(host, port, flags | AI_NUMERICHOST); in_digits.failure == 0) return in_digits;
  const auto lookup = std::make_shared<Lookup>(host, port, flags);
  if (lookup->done.descriptor() < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  start(lookup, waiting);
  const auto outcome = waiting.wait(lookup->done.descriptor(), POLLIN);
  if (outcome != Waiting::Outcome::ready)
    throw_not_waited(outcome, waiting, "no answer from the name service");
  const std::lock_guard lock(lookup->mutex);
  return lookup->answer;
}

std::vector<std::string> addresses_of(const std::string& host, Waiting& waiting) {
  const auto [failure, addresses] = ask_name_service(host, "", 0, waiting);
  std::vector<std::string> all;
  for (const auto* one = addresses.get(); failure == 0 && one != nullptr; one = one->ai_next) {
    std::array<char, NI_MAXHOST> text{};
    const int why =
        getnameinfo(one->ai_addr, one->ai_addrlen, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST);
    if (why == 0) all.emplace_back(text.data());
  }
  std::ranges::sort(all);
  return all;
}

}  // namespace topo::mysql
