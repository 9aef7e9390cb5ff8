#include "store/instance_json.h"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <array>
#include <limits>

namespace topo::store {
namespace {

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;
using JsonValue = rapidjson::Value;
using Document = rapidjson::GenericDocument<rapidjson::UTF8<>, rapidjson::MemoryPoolAllocator<>,
                                            rapidjson::MemoryPoolAllocator<>>;

void put(Writer& writer, const char* name, const std::string& value) {
  writer.Key(name);
  writer.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
}
void put(Writer& writer, const char* name, std::int64_t value) {
  writer.Key(name);
  writer.Int64(value);
}
void put(Writer& writer, const char* name, bool value) {
  writer.Key(name);
  writer.Bool(value);
}

std::string text_of(const JsonValue& object, const char* name) {
  const auto member = object.FindMember(name);
  if (member == object.MemberEnd() || !member->value.IsString()) return {};
  return {member->value.GetString(), member->value.GetStringLength()};
}
std::optional<std::int64_t> number_of(const JsonValue& object, const char* name) {
  const auto member = object.FindMember(name);
  if (member == object.MemberEnd() || !member->value.IsInt64()) return std::nullopt;
  return member->value.GetInt64();
}
bool flag_of(const JsonValue& object, const char* name) {
  const auto member = object.FindMember(name);
  return member != object.MemberEnd() && member->value.IsBool() && member->value.GetBool();
}

// Calls `take` for the objects (or strings) of a JSON array, and for none if it is not an array.
template <typename Take>
void for_each(std::string_view json, const Take& take) {
  if (json.empty() || json == "[]") return;  // most of them
  // Without this, each document would take 64 KiB from the heap.
  std::array<char, 4096> values;
  std::array<char, 1024> stack;
  rapidjson::MemoryPoolAllocator<> value_memory(values.data(), values.size());
  rapidjson::MemoryPoolAllocator<> stack_memory(stack.data(), stack.size());
  Document document(&value_memory, stack.size() / 2, &stack_memory);
  document.Parse<rapidjson::kParseIterativeFlag>(json.data(), json.size());
  if (document.HasParseError() || !document.IsArray()) return;
  for (const auto& value : document.GetArray()) take(value);
}

void put_channel(Writer& writer, const ReplicationChannel& channel) {
  const auto position = [](std::uint64_t value) {
    constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
    return static_cast<std::int64_t>(std::min(value, most));
  };
  writer.StartObject();
  put(writer, "name", channel.name);
  const auto master = channel.master.value_or(InstanceKey{});
  put(writer, "master_host", master.hostname());
  put(writer, "master_port", std::int64_t{master.port()});
  if (!channel.unusable_master.empty()) put(writer, "unusable_master", channel.unusable_master);
  put(writer, "master_uuid", channel.master_uuid);
  put(writer, "io_thread", static_cast<std::int64_t>(channel.io_thread));
  put(writer, "sql_thread", static_cast<std::int64_t>(channel.sql_thread));
  put(writer, "read_file", channel.read.file);
  put(writer, "read_pos", position(channel.read.position));
  put(writer, "exec_file", channel.exec.file);
  put(writer, "exec_pos", position(channel.exec.position));
  put(writer, "relay_file", channel.relay.file);
  put(writer, "relay_pos", position(channel.relay.position));
  put(writer, "last_io_error", channel.last_io_error);
  put(writer, "last_sql_error", channel.last_sql_error);
  if (channel.seconds_behind_master)
    put(writer, "seconds_behind", std::int64_t{channel.seconds_behind_master->count()});
  put(writer, "sql_delay", std::int64_t{channel.sql_delay.count()});
  put(writer, "oracle_gtid", channel.using_oracle_gtid);
  put(writer, "mariadb_gtid", channel.using_mariadb_gtid);
  put(writer, "has_filters", channel.has_filters);
  put(writer, "allow_tls", channel.allow_tls);
  writer.EndObject();
}

ThreadState state_from(std::optional<std::int64_t> number) {
  return number && *number >= -1 && *number <= 2 ? static_cast<ThreadState>(*number) : ThreadState::other;
}

ReplicationChannel channel_from(const JsonValue& object) {
  const auto coordinates = [&](const char* file, const char* position, LogType type) {
    return BinlogCoordinates{text_of(object, file),
                             static_cast<std::uint64_t>(number_of(object, position).value_or(0)), type};
  };
  ReplicationChannel channel;
  channel.name = text_of(object, "name");
  channel.set_master(text_of(object, "master_host"), number_of(object, "master_port").value_or(0));
  if (channel.unusable_master.empty()) channel.unusable_master = text_of(object, "unusable_master");
  channel.master_uuid = text_of(object, "master_uuid");
  channel.io_thread = state_from(number_of(object, "io_thread"));
  channel.sql_thread = state_from(number_of(object, "sql_thread"));
  channel.read = coordinates("read_file", "read_pos", LogType::binary);
  channel.exec = coordinates("exec_file", "exec_pos", LogType::binary);
  channel.relay = coordinates("relay_file", "relay_pos", LogType::relay);
  channel.last_io_error = text_of(object, "last_io_error");
  channel.last_sql_error = text_of(object, "last_sql_error");
  if (const auto behind = number_of(object, "seconds_behind"))
    channel.seconds_behind_master = std::chrono::seconds(*behind);
  channel.sql_delay = std::chrono::seconds(number_of(object, "sql_delay").value_or(0));
  channel.using_oracle_gtid = flag_of(object, "oracle_gtid");
  channel.using_mariadb_gtid = flag_of(object, "mariadb_gtid");
  channel.has_filters = flag_of(object, "has_filters");
  channel.allow_tls = flag_of(object, "allow_tls");
  return channel;
}

}  // namespace

std::string keys_to_json(const std::vector<InstanceKey>& keys) {
  if (keys.empty()) return "[]";
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.StartArray();
  for (const auto& key : keys) {
    writer.StartObject();
    put(writer, "Hostname", key.hostname());
    put(writer, "Port", std::int64_t{key.port()});
    writer.EndObject();
  }
  writer.EndArray();
  return {buffer.GetString(), buffer.GetSize()};
}

std::vector<InstanceKey> keys_from_json(std::string_view json) {
  std::vector<InstanceKey> keys;
  for_each(json, [&](const JsonValue& value) {
    if (!value.IsObject()) return;
    const auto port = number_of(value, "Port").value_or(0);
    if (auto key = InstanceKey::from_reported(text_of(value, "Hostname"), port))
      keys.push_back(std::move(*key));
  });
  return keys;
}

std::string texts_to_json(const std::vector<std::string>& texts) {
  if (texts.empty()) return {};
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.StartArray();
  for (const auto& text : texts) writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
  writer.EndArray();
  return {buffer.GetString(), buffer.GetSize()};
}

std::vector<std::string> texts_from_json(std::string_view json) {
  std::vector<std::string> texts;
  for_each(json, [&](const JsonValue& value) {
    if (value.IsString()) texts.emplace_back(value.GetString(), value.GetStringLength());
  });
  return texts;
}

std::string channels_to_json(const Instance& instance) {
  const auto& channels = instance.channels;
  // The master columns are empty if Instance::master_key() is invalid.
  const bool columns_tell_all = channels.size() == 1 && channels.front().name.empty() &&
                                channels.front().unusable_master.empty() &&
                                channels.front().master == instance.master_key();
  if (channels.empty() || columns_tell_all) return {};
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.StartArray();
  for (const auto& channel : channels) put_channel(writer, channel);
  writer.EndArray();
  return {buffer.GetString(), buffer.GetSize()};
}

std::vector<ReplicationChannel> channels_from_json(std::string_view json) {
  std::vector<ReplicationChannel> channels;
  for_each(json, [&](const JsonValue& value) {
    if (value.IsObject()) channels.push_back(channel_from(value));
  });
  return channels;
}

}  // namespace topo::store
