#include <catch2/catch.hpp>

#include "topo/mysql/replication_statements.h"

using namespace topo::mysql;

namespace {

std::string statement(const char* version, const ReplicationAccount& account) {
  const ReplicationStatements statements(Dialect::of(version), "",
                                         [](std::string_view text) { return "'" + std::string(text) + "'"; });
  MasterChange change;
  change.master = {"db2", 3306};
  change.from = {"bin.000001", 4};
  change.account = account;
  return statements.change_master(change);
}

}  // namespace

TEST_CASE("An account is set in the server's dialect, with the public key option only if supported") {
  CHECK(statement("10.11.6-MariaDB", {"repl", "s3cret", false, {}, {}, {}}) ==
        "CHANGE MASTER TO MASTER_HOST = 'db2', MASTER_PORT = 3306, MASTER_USER = 'repl', MASTER_PASSWORD = "
        "'s3cret', MASTER_LOG_FILE = 'bin.000001', MASTER_LOG_POS = 4");
  CHECK(statement("5.6.51", {"repl", "s3cret", true, {}, {}, {}})
            .find("MASTER_PASSWORD = 's3cret', MASTER_SSL = 1,") != std::string::npos);
  CHECK(statement("9.7.0", {"repl", "s3cret", false, {}, {}, {}})
            .find("SOURCE_PASSWORD = 's3cret', GET_SOURCE_PUBLIC_KEY = 1,") != std::string::npos);
  CHECK(statement("8.0.20", {"repl", "s3cret", false, {}, {}, {}}).find("GET_MASTER_PUBLIC_KEY = 1") !=
        std::string::npos);
  CHECK(statement("9.7.0", {"repl", "s3cret", false, "/ca", "/cert", "/key"})
            .find("SOURCE_SSL = 1, SOURCE_SSL_CA = '/ca', SOURCE_SSL_CERT = '/cert', SOURCE_SSL_KEY = "
                  "'/key', ") != std::string::npos);
}

TEST_CASE("The password is masked for the log") {
  MasterChange change;
  change.account = {"repl", "s3cret", false, {}, {}, {}};
  CHECK(without_password(change).account->password == "****");
  CHECK(without_password(change).account->user == "repl");
  CHECK_FALSE(without_password({}).account);
}
