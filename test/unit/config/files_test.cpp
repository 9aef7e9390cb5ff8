#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "topo/config/configuration.h"
#include "unit/config/refusal.h"
#include "unit/config/temporary_folder.h"

namespace topo {

using Catch::Matchers::Contains;
using Files = std::vector<std::filesystem::path>;
using std::filesystem::perms;

TEST_CASE("Each file overrides the previous one: maps merge, lists and other values are replaced") {
  const TemporaryFolder folder;
  const Files files{
      folder.write("1.json",
                   R"({"MySQLTopologyUser": "one", "AuditPageSize": 1, "AuthProxyAddresses": ["a", "b"],
                                 "ClusterNameToAlias": {"x": "1", "y": "1"}})"),
      folder.path() / "missing.json",
      folder.write("2.json",
                   R"({"AuditPageSize": 2, "AuthProxyAddresses": ["c"], "ClusterNameToAlias": {"y": "2"}})")};
  const auto loaded = load_configuration(files);
  CHECK(loaded.files == Files{files[0], files[2]});
  CHECK(loaded.configuration.mysql_topology_user == "one");
  CHECK(loaded.configuration.audit_page_size == 2);
  CHECK(loaded.configuration.auth_proxy_addresses == std::vector<std::string>{"c"});
  CHECK(loaded.configuration.cluster_name_to_alias ==
        std::map<std::string, std::string>{{"x", "1"}, {"y", "2"}});
  CHECK(loaded.warnings.empty());
}

TEST_CASE("Without any file, the defaults apply") {
  const auto loaded = load_configuration(Files{"/nonexistent/orchestrator.conf.json"});
  CHECK(loaded.files.empty());
  CHECK(loaded.configuration.instance_poll == std::chrono::seconds(60));
}

TEST_CASE("The unchanged sample does not reset values of an earlier file") {
  const TemporaryFolder folder;
  const Files files{folder.write("etc.json", R"({"MySQLTopologyUser": "dba"})"),
                    folder.write("sample.json", configuration_reference(false))};
  CHECK(load_configuration(files).configuration.mysql_topology_user == "dba");
  CHECK(load_configuration(files[1]).files == Files{files[1]});
}

TEST_CASE("A named file must exist and be readable") {
  const TemporaryFolder folder;
  const auto load = [](const std::filesystem::path& file) {
    return refusal([&] { (void)load_configuration(file); });
  };
  CHECK_THAT(load(folder.path() / "missing.json"), Contains("missing.json: it does not exist"));
  CHECK_THAT(load(folder.path()), Contains("it is a folder"));
  CHECK_THAT(load(folder.write("large.json", std::string((16 << 20) + 1, ' '))),
             Contains("larger than 16 MB"));
  CHECK_THAT(load("/dev/zero"), Contains("it is a device"));
  if (geteuid() != 0) {
    const auto closed = folder.write("closed.json", "{}");
    std::filesystem::permissions(closed, perms::none);
    CHECK_THAT(load(closed), Contains("Permission denied"));
  }
  std::filesystem::create_symlink("loop.json", folder.path() / "loop.json");
  CHECK_THAT(load(folder.path() / "loop.json"), Contains("loop.json: "));
}

TEST_CASE("A pipe or device is refused at once", "[config]") {
  const TemporaryFolder folder;
  const auto pipe = (folder.path() / "pipe").string();
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  const auto load = [](const std::filesystem::path& file) {
    return refusal([&] { (void)load_configuration(file); });
  };
  CHECK_THAT(load(pipe), Contains("Cannot read the configuration file " + pipe + ": it is a pipe"));
  const auto naming = [&](const std::string& key, const std::string& file) {
    return load(folder.write("c.json", "{\"" + key + "\": \"" + file + "\"}"));
  };
  for (const auto& file : {pipe, std::string("/dev/zero")}) {
    for (const std::string key :
         {"MySQLTopologyCredentialsConfigFile", "MySQLTopologySSLCAFile", "MySQLTopologySSLCertFile",
          "MySQLTopologySSLPrivateKeyFile", "MySQLOrchestratorCredentialsConfigFile"})
      CHECK_THAT(naming(key, file), Contains(key + " names " + file + ", which cannot be") &&
                                        Contains(file == pipe ? "it is a pipe" : "it is a device"));
  }
}

TEST_CASE("An existing but unusable default file is an error and not skipped") {
  const TemporaryFolder folder;
  const Files files{folder.path()};
  CHECK_THAT(refusal([&] { (void)load_configuration(files); }), Contains("it is a folder"));
}

TEST_CASE("A world-readable password is a warning") {
  const TemporaryFolder folder;
  const auto file = folder.write("c.json", R"({"MySQLTopologyPassword": "s3cret"})");
  CHECK(load_configuration(file).warnings.empty());
  std::filesystem::permissions(file, perms::others_read, std::filesystem::perm_options::add);
  const auto warnings = load_configuration(file).warnings;
  REQUIRE(warnings.size() == 1);
  CHECK_THAT(warnings[0].text,
             Contains("c.json holds a password") && Contains("chmod 600") && !Contains("s3cret"));

  const auto harmless = folder.write("d.json", R"({"MySQLTopologyPassword": "", "Debug": true})");
  std::filesystem::permissions(harmless, perms::others_read, std::filesystem::perm_options::add);
  CHECK(load_configuration(harmless).warnings.empty());
}

TEST_CASE("Credentials files override user and password, after each configuration file") {
  const TemporaryFolder folder;
  const auto cnf = folder.write("my.cnf", "[client]\nuser = from_cnf\npassword = s3cret\n").string();
  const auto one = folder.write("1.json", R"({"MySQLTopologyUser": "a", "MySQLTopologyPassword": "b",
      "MySQLTopologyCredentialsConfigFile": ")" +
                                              cnf + "\"}");
  const auto two = folder.write("2.json", R"({"MySQLTopologyUser": "c"})");
  const auto three =
      folder.write("3.json", R"({"MySQLTopologyUser": "d", "MySQLTopologyCredentialsConfigFile": ""})");
  const auto backend =
      folder.write("4.json", R"({"MySQLOrchestratorCredentialsConfigFile": ")" + cnf + "\"}");

  CHECK(load_configuration(one).configuration.mysql_topology_user == "from_cnf");
  CHECK(load_configuration(one).configuration.mysql_topology_password == "s3cret");
  CHECK(load_configuration(Files{one, two}).configuration.mysql_topology_user == "from_cnf");
  CHECK(load_configuration(Files{one, three}).configuration.mysql_topology_user == "d");
  CHECK(load_configuration(Files{one, three}).configuration.mysql_topology_password == "s3cret");
  CHECK(load_configuration(backend).configuration.mysql_orchestrator_user == "from_cnf");
  CHECK(load_configuration(backend).configuration.mysql_topology_user.empty());
}

TEST_CASE("A missing, empty or world-readable credentials file is reported") {
  const TemporaryFolder folder;
  const auto naming = [&](const std::string& name) {
    return folder.write(
        "c.json", R"({"MySQLTopologyCredentialsConfigFile": ")" + (folder.path() / name).string() + "\"}");
  };
  const auto refused = [&](const std::string& name) {
    return refusal([&] { (void)load_configuration(naming(name)); });
  };
  CHECK_THAT(refused("missing.cnf"),
             Contains("MySQLTopologyCredentialsConfigFile names") && Contains("does not exist"));
  folder.write("empty.cnf", "");
  CHECK_THAT(refused("empty.cnf"), Contains("empty.cnf names no user"));
  folder.write("binary.cnf", std::string("[client]\nuser=a\0b\n", 18));
  CHECK_THAT(refused("binary.cnf"), Contains("binary.cnf, line 2, column 7: a NUL byte"));

  const auto exposed = folder.write("exposed.cnf", "[client]\nuser=a\npassword=s3cret\n");
  std::filesystem::permissions(exposed, perms::others_read, std::filesystem::perm_options::add);
  const auto file = naming("exposed.cnf");
  const auto loaded = load_configuration(Files{file, file});
  REQUIRE(loaded.warnings.size() == 1);  // reported once, though it was read twice
  CHECK_THAT(loaded.warnings[0].text, Contains("exposed.cnf holds a password") && !Contains("s3cret"));
}

TEST_CASE("The default files are in /etc, the program's folder and the working directory") {
  const TemporaryFolder program, working;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(working.path());
  const auto files = default_configuration_files(program.path());
  const auto same = default_configuration_files(working.path());
  std::filesystem::current_path(before);

  CHECK(files == Files{"/etc/orchestrator.conf.json", program.path() / "conf/orchestrator.conf.json",
                       program.path() / "orchestrator.conf.json",
                       working.path() / "conf/orchestrator.conf.json",
                       working.path() / "orchestrator.conf.json"});
  CHECK(same.size() == 3);
}

}  // namespace topo
