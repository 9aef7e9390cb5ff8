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
#include <optional>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <utility>

#include "mysql/broken.h"
#include "mysql/socket.h"

namespace topo::mysql {
namespace {

// Limits for parallel lookups, by the last outcome for the name: names that timed out must not block others.
constexpr unsigned max_answered = 64, max_unknown = 256, max_hung = 32;
constexpr std::size_t max_remembered = 20'000;

NameAnswer ask(const std::string& host, const std::string& port, int flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | flags;
  addrinfo* list = nullptr;
  const int failure = getaddrinfo(host.c_str(), port.empty() ? nullptr : port.c_str(), &hints, &list);
  if (failure != 0) return {failure, nullptr};
  return {0, {list, [](const addrinfo* all) { freeaddrinfo(const_cast<addrinfo*>(all)); }}};
}

// Resolver settings are per thread. res_init() also picks up a changed resolv.conf, which libc does not do by
// itself once a program has modified the settings.
void bound_waiting() {
  constexpr int seconds_per_try = 2;
  constexpr int tries = 2;
  if (res_init() != 0) return;
  _res.retrans = std::min(_res.retrans, seconds_per_try);
  _res.retry = std::min(_res.retry, tries);
}

// The last outcome per name, which separates names that hang (possibly made up for that purpose) from others.
class LastAnswers {
 public:
  std::optional<bool> was_in_time(const std::string& host) {
    const std::lock_guard lock(mutex_);
    const auto found = in_time_.find(host);
    return found == in_time_.end() ? std::nullopt : std::optional(found->second);
  }
  void note(const std::string& host, bool in_time) {
    const std::lock_guard lock(mutex_);
    if (in_time_.size() >= max_remembered) in_time_.clear();
    in_time_[host] = in_time;
  }

 private:
  std::mutex mutex_;
  std::unordered_map<std::string, bool> in_time_;
};

// Never destroyed: threads that use it may outlive main().
LastAnswers& last_answers() {
  static auto* const answers = new LastAnswers;
  return *answers;
}

int make_slots(unsigned count) {
  const int slots = eventfd(count, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE);
  if (slots < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  return slots;
}

// Semaphore for lookups of this kind of name; never closed, for the same reason.
int slots_of(const std::string& host) {
  static const int of_answered = make_slots(max_answered), of_unknown = make_slots(max_unknown),
                   of_hung = make_slots(max_hung);
  const auto was_in_time = last_answers().was_in_time(host);
  if (!was_in_time) return of_unknown;
  return *was_in_time ? of_answered : of_hung;
}

// Shared by the waiting thread and the lookup thread.
struct Lookup {
  Lookup(std::string of_host, std::string of_port, int with_flags)
      : host(std::move(of_host)), port(std::move(of_port)), flags(with_flags) {}

  const std::string host, port;
  const int flags;
  const int slots = slots_of(host);
  const Socket done{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};  // readable when the lookup has ended
  std::mutex mutex;
  NameAnswer answer;

  void run() {
    bound_waiting();
    auto found = ask(host, port, flags);
    if (found.failure == 0) last_answers().note(host, true);
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
      throw_not_waited(outcome, waiting, "the name service has not answered earlier lookups");
  }
}

// getaddrinfo() cannot be interrupted, so it runs in a detached thread that uses only its Lookup.
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

void throw_not_waited(Waiting::Outcome outcome, const Waiting& waiting, std::string_view what,
                      ReadFailure failure) {
  if (outcome == Waiting::Outcome::interrupted)
    throw Broken{Code::refused, CR_CONN_HOST_ERROR, "this process is being stopped", ReadFailure::local};
  throw Broken{
      Code::timeout, CR_CONN_HOST_ERROR,
      fmt::format("{} within {:.3g} s", what, std::chrono::duration<double>(waiting.allowed()).count()),
      failure};
}

NameAnswer ask_name_service(const std::string& host, const std::string& port, int flags, Waiting& waiting) {
  if (auto literal = ask(host, port, flags | AI_NUMERICHOST); literal.failure == 0) return literal;
  const auto lookup = std::make_shared<Lookup>(host, port, flags);
  if (lookup->done.descriptor() < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  start(lookup, waiting);
  const auto outcome = waiting.wait(lookup->done.descriptor(), POLLIN);
  if (outcome == Waiting::Outcome::timed_out) last_answers().note(host, false);
  if (outcome != Waiting::Outcome::ready)
    throw_not_waited(outcome, waiting, "no answer from the name service");
  const std::lock_guard lock(lookup->mutex);
  return lookup->answer;
}

std::string in_digits(const sockaddr& address, socklen_t length) {
  std::array<char, NI_MAXHOST> text{};
  const int why = getnameinfo(&address, length, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST);
  return why == 0 ? text.data() : "";
}

std::vector<std::string> addresses_of(const std::string& host, Waiting& waiting) {
  const auto [failure, addresses] = ask_name_service(host, "", 0, waiting);
  std::vector<std::string> all;
  for (const auto* one = addresses.get(); failure == 0 && one != nullptr; one = one->ai_next) {
    if (auto text = in_digits(*one->ai_addr, one->ai_addrlen); !text.empty()) all.push_back(std::move(text));
  }
  std::ranges::sort(all);
  return all;
}

}  // namespace topo::mysql
