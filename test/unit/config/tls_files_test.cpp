#include "topo/config/tls_files.h"

#include <catch2/catch.hpp>

#include "sandbox/rogue/certificates.h"
#include "unit/config/refusal.h"
#include "unit/config/temporary_folder.h"

namespace topo {

TEST_CASE("Unusable TLS files are reported with their keys and the reason") {
  const TemporaryFolder folder;
  const rogue::Authority authority("an authority");
  const auto identity = authority.sign("db1");
  const auto ca = folder.write("ca.pem", authority.certificate()).string();
  const auto cert = folder.write("cert.pem", identity.certificate).string();
  const auto key = folder.write("key.pem", identity.key).string();
  const auto both = folder.write("both.pem", identity.certificate + identity.key).string();
  const auto other_key = folder.write("other.pem", authority.sign("db1").key).string();
  const auto text = folder.write("text.pem", "no PEM").string();
  const auto cut = folder.write("cut.pem", authority.certificate().substr(0, 100)).string();
  const auto missing = (folder.path() / "missing.pem").string();
  const auto locked = folder.write("locked.pem", rogue::with_passphrase(identity.key)).string();

  Configuration c;
  c.mysql_orchestrator_host = "backend";
  c.mysql_orchestrator_ssl_mode = "required";
  CHECK(unusable_tls_files(c).empty());
  const auto errors = [&](const std::string& ca_file, const std::string& cert_file,
                          const std::string& key_file) {
    c.mysql_topology_ssl_ca_file = c.mysql_orchestrator_ssl_ca_file = ca_file;
    c.mysql_topology_ssl_cert_file = c.mysql_orchestrator_ssl_cert_file = cert_file;
    c.mysql_topology_ssl_private_key_file = c.mysql_orchestrator_ssl_private_key_file = key_file;
    const auto all = unusable_tls_files(c);
    for (const auto& error : all) INFO(error);
    if (all.empty()) return std::string();
    CHECK(all.size() == 2);
    CHECK(all.at(0).find("MySQLTopologySSL") == 0);
    CHECK(all.at(1).find("MySQLOrchestratorSSL") == 0);
    return all.front();
  };
  using Catch::Contains;
  CHECK(errors(ca, "", "").empty());
  CHECK(errors(ca, cert, key).empty());
  CHECK(errors("", both, "").empty());
  CHECK(errors("", "", both).empty());
  CHECK_THAT(errors(missing, "", ""), Contains("SSLCAFile names " + missing) && Contains("No such file"));
  CHECK_THAT(errors(folder.path(), "", ""), Contains("folder"));
  CHECK_THAT(errors(text, "", ""), Contains("no certificate in PEM"));
  CHECK_THAT(errors(key, "", ""), Contains("no certificate in PEM"));
  CHECK_THAT(errors(cut, "", ""), Contains("SSLCAFile") && Contains("cut.pem"));
  CHECK_THAT(errors("", missing, key), Contains("SSLCertFile") && Contains("No such file"));
  CHECK_THAT(errors("", cert, missing), Contains("SSLPrivateKeyFile") && Contains("No such file"));
  CHECK_THAT(errors("", cert, text),
             Contains("SSLPrivateKeyFile") && Contains("no readable private key in PEM"));
  CHECK_THAT(errors("", cert, ""), Contains("SSLCertFile") && Contains("no readable private key in PEM"));
  CHECK_THAT(errors("", cert, other_key), Contains("SSLPrivateKeyFile") && Contains("does not match"));
  CHECK_THAT(errors("", cert, locked), Contains("SSLPrivateKeyFile") && Contains("passphrase"));

  c.mysql_topology_ssl_mode = c.mysql_orchestrator_ssl_mode = "disabled";
  CHECK(unusable_tls_files(c).empty());
}

TEST_CASE("A configuration with unusable TLS files is not loaded") {
  const TemporaryFolder folder;
  const auto file =
      folder.write("orchestrator.conf.json", R"({"MySQLTopologySSLCAFile": "/nonexistent/ca.pem"})");
  CHECK_THAT(refusal([&] { (void)load_configuration(file); }),
             Catch::Contains("MySQLTopologySSLCAFile names /nonexistent/ca.pem"));
}

}  // namespace topo
