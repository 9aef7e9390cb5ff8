#include "system/support/forwarding_server.h"

#include "topo/mysql/connection.h"

namespace system_test {
namespace {

class Account : public rogue::Relayed {
 public:
  Account(const topo::mysql::ConnectionOptions& options, std::atomic<std::size_t>& relayed)
      : connection_(options), relayed_(relayed) {}

  std::string version() override {
    const auto& version = connection_.server_version();
    return version.find("MariaDB") == std::string::npos ? version : "5.5.5-" + version;
  }
  std::uint32_t connection_id() override { return static_cast<std::uint32_t>(connection_.thread_id()); }

  std::optional<rogue::Rows> answer(std::string_view statement) override {
    ++relayed_;
    try {
      const auto got = connection_.query(statement);
      rogue::Rows rows{got.columns(), {}};
      if (rows.columns.empty()) rows.columns.emplace_back("nothing");
      for (std::size_t i = 0; i < got.size(); ++i) {
        auto& row = rows.rows.emplace_back();
        for (std::size_t column = 0; column < got.columns().size(); ++column) {
          const auto text = got[i].text(column);
          row.push_back(text ? rogue::Cell(*text) : std::nullopt);
        }
      }
      return rows;
    } catch (const topo::Error&) {
      return std::nullopt;
    }
  }

 private:
  topo::mysql::Connection connection_;
  std::atomic<std::size_t>& relayed_;
};

}  // namespace

ForwardingServer::ForwardingServer(const topo::InstanceKey& at, topo::InstanceKey victim,
                                   const sandbox::Account& account)
    : key_(at),
      server_({.mode = "relay",
               .address = at.hostname(),
               .port = at.port(),
               .relayed = [this, victim = std::move(victim), &account] {
                 topo::mysql::ConnectionOptions options;
                 options.server = victim;
                 options.user = account.user;
                 options.password = account.password;
                 return std::make_unique<Account>(options, relayed_);
               }}) {}

}  // namespace system_test
