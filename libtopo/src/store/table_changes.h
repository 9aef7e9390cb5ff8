#pragma once

#include "store/database.h"
#include "store/schema_tables.h"

namespace topo::store {

// Makes the table, or changes the one that another release made such that all of ours can be read and
// written. Rows, and columns and indexes that we do not know, are kept. What is done already is left alone.
void make_table(Session& session, Engine engine, const Table& table);

}  // namespace topo::store
