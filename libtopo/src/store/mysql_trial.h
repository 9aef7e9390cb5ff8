// A trial of a backend in MySQL or MariaDB.
#pragma once

#include "topo/mysql/connection.h"

namespace topo::store {

// Whether the backend works, checked by options.end_by over a separate connection: every table can be read
// and written, and a written row is kept. An error reply, such as read-only, counts as an answer; a lock held
// for longer than that counts as none. Throws nothing.
[[nodiscard]] bool answers_in_earnest(const mysql::ConnectionOptions& options) noexcept;

}  // namespace topo::store
