// Creates and alters the tables of the backend.
#pragma once

#include "store/database.h"
#include "store/schema_tables.h"

namespace topo::store {

// Creates the table, or alters one created by another release so that all our columns can be read and
// written. Rows, and columns and indexes that we do not know, are kept. Steps that are done already are
// skipped.
void make_table(DatabaseSession& session, Engine engine, const Table& table);

}  // namespace topo::store
