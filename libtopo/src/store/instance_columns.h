// The columns of database_instance, from the table of fields (topo/store/instance_fields.h).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "store/database.h"
#include "topo/model/instance.h"

namespace topo::store {

// Collects the columns of a row, as some columns belong together.
struct InstanceDraft {
  Instance instance;
  std::string master_host;
  std::int64_t master_port = 0;
  ReplicationChannel channel;  // the main one
  std::string channels_json;   // all channels, if there are several
};

struct InstanceColumn {
  std::string_view name;
  std::string_view type;
  Value (*get)(const Instance&) = nullptr;
  void (*set)(InstanceDraft&, const RowView&, int column) = nullptr;  // nullptr: written only
};

// All columns except the times of checks. The first two are the key, which RowView::key() reads.
[[nodiscard]] std::span<const InstanceColumn> instance_columns();
// The names of these columns in the same order, joined by commas.
[[nodiscard]] const std::string& instance_column_list();
// An instance from a row whose columns from `first` on are instance_column_list(). nullopt: the row names no
// server.
[[nodiscard]] std::optional<Instance> instance_from(const RowView& row, int first);

}  // namespace topo::store
