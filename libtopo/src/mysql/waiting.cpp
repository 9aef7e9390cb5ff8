#include "mysql/waiting.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>

namespace topo::mysql {

namespace {

bool is_heard_of(int either, int descriptor) {
  epoll_event readable{.events = EPOLLIN, .data = {}};
  return epoll_ctl(either, EPOLL_CTL_ADD, descriptor, &readable) == 0;
}

}  // namespace

Interrupt::Interrupt(std::shared_ptr<const Interrupt> outer)
    : outer_(std::move(outer)), own_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (own_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  if (!outer_) return;
  either_ = epoll_create1(EPOLL_CLOEXEC);
  if (either_ >= 0 && is_heard_of(either_, own_) && is_heard_of(either_, outer_->descriptor())) return;
  const int error = errno;
  if (either_ >= 0) close(either_);
  close(own_);
  throw std::system_error(error, std::generic_category(), "epoll");
}

Interrupt::~Interrupt() {
  if (either_ >= 0) close(either_);
  close(own_);
}

void Interrupt::raise() noexcept {
  raised_.store(true, std::memory_order_release);
  eventfd_write(own_, 1);  // fails only when it is raised already
}

std::chrono::nanoseconds Waiting::allowed() const noexcept {
  if (!deadline_) return allowed_;
  return std::clamp<std::chrono::nanoseconds>(*deadline_ - since_, std::chrono::nanoseconds(0), allowed_);
}

std::chrono::nanoseconds Waiting::left() const {
  auto left = left_;
  if (deadline_)
    left = std::min<std::chrono::nanoseconds>(left, *deadline_ - std::chrono::steady_clock::now());
  return std::max(left, std::chrono::nanoseconds(0));
}

Waiting::Outcome Waiting::state() const {
  if (interrupt_ && interrupt_->is_raised()) return Outcome::interrupted;
  if (deadline_ && *deadline_ <= std::chrono::steady_clock::now()) return Outcome::timed_out;
  return Outcome::ready;
}

Waiting::Outcome Waiting::wait(int descriptor, short events, std::chrono::nanoseconds most) {
  for (;;) {
    const auto began = std::chrono::steady_clock::now();
    // poll(2) ignores negative descriptors.
    std::array<pollfd, 2> waited{pollfd{descriptor, events, 0},
                                 pollfd{interrupt_ ? interrupt_->descriptor() : -1, POLLIN, 0}};
    const auto time = std::chrono::ceil<std::chrono::milliseconds>(std::min(left(), most)).count();
    const int ready = poll(waited.data(), waited.size(), static_cast<int>(std::max<std::int64_t>(time, 0)));
    const auto waited_for = std::chrono::steady_clock::now() - began;
    left_ -= waited_for;
    most -= waited_for;
    if (ready < 0 && errno != EINTR) throw std::system_error(errno, std::generic_category(), "poll");
    if (ready > 0 && waited[1].revents != 0) return Outcome::interrupted;
    if (ready > 0) return Outcome::ready;
    if (ready == 0 && (left().count() <= 0 || most.count() <= 0)) return Outcome::timed_out;
  }
}

}  // namespace topo::mysql
