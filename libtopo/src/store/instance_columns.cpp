#include "store/instance_columns.h"

#include <utility>

#include "store/instance_json.h"

namespace topo::store {

const std::string& instance_column_list() {
  static const std::string list = [] {
    std::string names;
    for (const auto& column : instance_columns()) names.append(names.empty() ? "" : ", ").append(column.name);
    return names;
  }();
  return list;
}

std::optional<Instance> instance_from(const RowView& row, int first) {
  auto key = row.key(first);
  if (!key) return std::nullopt;
  InstanceDraft draft;
  draft.instance.key = std::move(*key);
  int index = first;
  for (const auto& column : instance_columns()) {
    if (column.set != nullptr) column.set(draft, row, index);
    ++index;
  }
  draft.channel.relay.type = LogType::relay;
  if (!draft.channels_json.empty()) draft.instance.channels = channels_from_json(draft.channels_json);
  // Other programs store "" or "_" for no master, and unchecked names from servers.
  if (draft.instance.channels.empty() && !draft.master_host.empty()) {
    draft.channel.set_master(draft.master_host, draft.master_port);
    draft.instance.channels.push_back(std::move(draft.channel));
  }
  return std::move(draft.instance);
}

}  // namespace topo::store
