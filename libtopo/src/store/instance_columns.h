// The columns of database_instance and what of an Instance each holds: one list that serves reading and
// writing.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "store/database.h"
#include "topo/topology/instance.h"

namespace topo::store {

// What a row of the table tells of an instance is put together in a draft, as some columns belong together.
struct InstanceDraft {
  Instance instance;
  std::string master_host;
  std::int64_t master_port = 0;
  ReplicationChannel channel;  // the main one
  std::string channels_json;   // all of them, when there are several
};

struct InstanceColumn {
  std::string_view name;
  Value (*get)(const Instance&);
  void (*set)(InstanceDraft&, const RowView&, int column);  // nullptr: written only
};

// All but the times of checks. The first two are the key, which RowView::key() reads.
[[nodiscard]] std::span<const InstanceColumn> instance_columns();
// Their names, in that order, joined by commas.
[[nodiscard]] const std::string& instance_column_list();
// An instance from a row whose columns from `first` on are instance_column_list(). nullopt: the row names no
// server.
[[nodiscard]] std::optional<Instance> instance_from(const RowView& row, int first);

}  // namespace topo::store
