// Runs the store's test suite over servers.
#include "system/store/mysql_backend.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <map>

#include "sandbox/installation.h"
#include "store/mysql_database.h"
#include "store_suite/backend.h"
#include "topo/mysql/connections.h"

namespace mysql_backend {

void make_schema(sandbox::Server& server, const std::string& name) {
  // A default character set that the tables must not rely on.
  server.execute(fmt::format("CREATE DATABASE `{}` CHARACTER SET latin1", name));
  const bool exists = !server.query(fmt::format("SELECT 1 FROM mysql.user WHERE user = '{}'", user)).empty();
  if (!exists)
    server.execute(fmt::format(R"(CREATE USER '{}'@'%' IDENTIFIED BY 'store\'s \\ password')", user));
  server.execute(fmt::format("GRANT ALL ON `{}`.* TO '{}'@'%'", name, user));
}

topo::Configuration configuration(const sandbox::Server& server, const std::string& schema) {
  topo::Configuration configuration;
  configuration.mysql_orchestrator_host = server.host();
  configuration.mysql_orchestrator_port = server.port();
  configuration.mysql_orchestrator_database = schema;
  configuration.mysql_orchestrator_user = user;
  configuration.mysql_orchestrator_password = password;
  return configuration;
}

}  // namespace mysql_backend

namespace store_suite {
namespace {

sandbox::Server& shared_server(const std::string& flavour) {
  static std::map<std::string, std::unique_ptr<sandbox::Topology>> servers;
  auto& topology = servers[flavour];
  // Time zones and collations that the store must not use.
  const sandbox::Options options{
      .flavour = sandbox::flavour_from(flavour),
      .extra_server_options = {"--default-time-zone=-05:30", "--innodb-flush-log-at-trx-commit=0"}};
  if (!topology) topology = std::make_unique<sandbox::Topology>("backend", options);
  return topology->server("backend");
}

class MysqlSchema : public Schema {
 public:
  explicit MysqlSchema(sandbox::Server& server) : server_(server) {
    static unsigned count = 0;
    name_ = fmt::format("Store-{}", ++count);
    mysql_backend::make_schema(server_, name_);
  }
  ~MysqlSchema() override {
    try {
      server_.execute(fmt::format("DROP DATABASE `{}`", name_));
    } catch (const topo::Error& error) {
      fmt::print(stderr, "{}\n", error.what());
    }
  }
  topo::Configuration configuration() const override { return mysql_backend::configuration(server_, name_); }
  std::unique_ptr<topo::store::Database> database() const override {
    return topo::store::open_mysql(topo::backend_connection(configuration()));
  }

 private:
  sandbox::Server& server_;
  std::string name_;
};

}  // namespace

std::vector<std::string> backends() {
  std::vector<std::string> available;
  for (const auto flavour :
       {sandbox::Flavour::mariadb_10_11, sandbox::Flavour::mysql_5_6, sandbox::Flavour::mysql_9_7}) {
    if (const auto reason = sandbox::why_not_available(flavour))
      WARN("skipped: " << *reason);
    else
      available.emplace_back(to_string(flavour));
  }
  return available;
}

std::unique_ptr<Schema> make_schema(const std::string& backend) {
  return std::make_unique<MysqlSchema>(shared_server(backend));
}

}  // namespace store_suite
