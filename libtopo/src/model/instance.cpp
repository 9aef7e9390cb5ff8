#include "topo/model/instance.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "topo/base/error.h"

namespace topo {

void ReplicationChannel::set_master(std::string_view host, std::int64_t port) {
  master = InstanceKey::from_reported(host, port);
  unusable_master = master || host.empty() || host == "_" ? "" : fmt::format("{}:{}", host, port);
}

const ReplicationChannel* Instance::replication() const noexcept {
  if (channels.empty()) return nullptr;
  return &*std::min_element(channels.begin(), channels.end(), [&](const auto& a, const auto& b) {
    return is_in_use(a) != is_in_use(b) ? is_in_use(a) : a.name < b.name;
  });
}

std::size_t Instance::channels_in_use() const noexcept {
  return static_cast<std::size_t>(
      std::ranges::count_if(channels, [this](const auto& channel) { return is_in_use(channel); }));
}

bool Instance::is_in_use(const ReplicationChannel& channel) const noexcept {
  return channel.has_master() && !is_leftover(channel);
}

bool Instance::is_side_replica_of(const InstanceKey& other) const noexcept {
  const auto* main = replication();
  return main != nullptr && main->master != other && std::ranges::any_of(channels, [&](const auto& one) {
           return one.master == other && is_in_use(one);
         });
}

bool Instance::is_leftover(const ReplicationChannel& channel) const noexcept {
  const auto is_idle = [](ThreadState state) {
    return state == ThreadState::stopped || state == ThreadState::none;
  };
  const bool was_given_anew =
      (is_mariadb(version) || channel.using_oracle_gtid) && !channel.relay.file.empty();
  return channel.read.empty() && is_idle(channel.io_thread) && is_idle(channel.sql_thread) &&
         channel.last_io_error.empty() && channel.last_sql_error.empty() && !was_given_anew;
}

std::optional<InstanceKey> Instance::master_key() const {
  return is_replica() ? replication()->master : std::nullopt;
}

const InstanceKey& Instance::required_master() const {
  if (!is_replica() || !replication()->master)
    throw Error(Code::refused, fmt::format("{} does not replicate from a known master", key.display()));
  return *replication()->master;
}

bool Instance::is_replica() const noexcept {
  const auto* channel = replication();
  return channel && is_in_use(*channel);
}

bool Instance::never_connected() const noexcept {
  return is_replica() && replication()->read.empty() && replication()->io_thread != ThreadState::running;
}

bool Instance::replica_running() const noexcept {
  const auto* channel = replication();
  return is_replica() && channel->io_thread == ThreadState::running &&
         channel->sql_thread == ThreadState::running;
}

bool KnownInstance::is_up_to_date(std::chrono::seconds poll_interval) const noexcept {
  return since_last_checked && *since_last_checked <= poll_interval;
}

bool KnownInstance::is_recently_checked(std::chrono::seconds poll_interval) const noexcept {
  return since_last_checked && *since_last_checked <= poll_interval * 5;
}

Version Version::parse(std::string_view text) noexcept {
  Version version;
  for (unsigned* part : {&version.major, &version.minor, &version.patch}) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *part);
    if (error != std::errc{}) break;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (!text.starts_with('.')) break;
    text.remove_prefix(1);
  }
  return version;
}

std::string major_version_text(std::string_view version) {
  const auto first = version.find('.');
  if (first == std::string_view::npos) return std::string(version);
  const auto second = version.find_first_not_of("0123456789", first + 1);
  return std::string(version.substr(0, second));
}

bool is_mariadb(std::string_view version) noexcept {
  return version.find("MariaDB") != std::string_view::npos;
}

}  // namespace topo
