#pragma once

#include "topo/mysql/connection.h"

namespace topo::store {

// Whether the backend does what it is for, by options.end_by, over a connection of its own: it lets every
// table be read and be written, and keeps a row that is written. What it answers instead, as that it is
// read-only, does not count: it answers. Throws nothing. Locks that are held for longer than that count as no
// answer.
[[nodiscard]] bool answers_in_earnest(const mysql::ConnectionOptions& options) noexcept;

}  // namespace topo::store
