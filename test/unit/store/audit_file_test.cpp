#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "store_suite/backend.h"
#include "unit/config/temporary_folder.h"

using namespace topo;

TEST_CASE("An audit file entry is one line of six fields, and the backend stores the text unchanged") {
  const TemporaryFolder folder;
  Configuration configuration;
  configuration.sqlite3_data_file = (folder.path() / "orchestrator.sqlite3").string();
  configuration.audit_log_file = (folder.path() / "audit.log").string();
  const auto store = store_suite::open(configuration);
  const std::string reason = "a\nb\tc\x1b[31m \u0085 \u202e \u2028 größer";
  store->audit().write("begin-maintenance", {"db1", 3306}, reason);
  std::ostringstream text;
  text << std::ifstream(configuration.audit_log_file).rdbuf();
  const auto line = text.str();
  CHECK(line.substr(line.find('\t')) == "\tbegin-maintenance\tdb1\t3306\ta b c?[31m ? ? ? größer\t\n");
  CHECK(store->audit().read(0, 10, "").front().message == reason);
}
