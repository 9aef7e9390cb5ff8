// The configuration: reload, check, explain.
#include <fmt/format.h>

#include <algorithm>

#include "common/access.h"
#include "common/catalogue.h"
#include "common/session.h"
#include "topo/base/error.h"
#include "topo/config/configuration.h"
#include "topo/inspect/configuration_check.h"

namespace orchestrator {
namespace {

using topo::Finding;

Reply reload_configuration(Session& session, const Arguments&) {
  return Reply::with_details("Config reloaded", session.reload());
}

Reply dump_config_reference(Session&, const Arguments&) {
  return Reply::bare(Text{topo::configuration_reference(true)});
}

// Checks whether a well-formed configuration works here: its values, files, queries and, if an instance is
// given, servers.
std::vector<Finding> check_what_it_names(const topo::Configuration& configuration,
                                         const Arguments& arguments) {
  std::vector<Finding> findings;
  const auto add = [&](std::vector<Finding> more) { std::ranges::move(more, std::back_inserter(findings)); };
  add(topo::check_settings(configuration));
  add(topo::check_files(configuration));
  add(topo::check_queries(configuration));
  if (!arguments.has(Parameter::instance)) return findings;
  add(topo::check_on_server(configuration, arguments.instance()));
  add(topo::check_backend(configuration));
  return findings;
}

Reply check_configuration(Session& session, const Arguments& arguments) {
  const auto loaded = session.examine_configuration();
  std::vector<Finding> findings;
  for (const auto& error : loaded.errors) findings.push_back({true, error});
  for (const auto& mistake : access_mistakes(loaded.configuration)) findings.push_back({true, mistake});
  for (const auto& [kind, text] : loaded.warnings)
    findings.push_back({kind != topo::ConfigurationWarning::Kind::remark, text});
  std::ranges::move(check_what_it_names(loaded.configuration, arguments), std::back_inserter(findings));
  std::vector<std::string> reported;
  std::erase_if(findings, [&](const Finding& finding) {
    if (std::ranges::find(reported, finding.text) != reported.end()) return true;
    reported.push_back(finding.text);
    return false;
  });
  std::ranges::stable_sort(findings, std::greater<>(), &Finding::is_wrong);

  std::string text;
  for (const auto& [is_wrong, sentence] : findings)
    text += fmt::format("{}: {}\n", is_wrong ? "wrong" : "remark", sentence);
  for (const auto& file : loaded.files) text += fmt::format("read: {}\n", file.string());
  if (loaded.files.empty()) text += "read: no file; all keys have their defaults\n";
  const auto wrong = std::ranges::count(findings, true, &Finding::is_wrong);
  text += wrong == 0 ? "Nothing is wrong\n" : fmt::format("{} wrong\n", wrong);
  auto reply = Reply::bare(Text{std::move(text)});
  if (wrong > 0) reply.failure = topo::Code::invalid_argument;
  return reply;
}

Operation check_configuration_op() {
  return {
      .name = "check-config",
      .group = Group::service,
      .parameters = {{Parameter::instance, Need::optional}},
      .summary = "Check the configuration for errors",
      .help =
          R"(Reads the files that a server would read, or that of -config, and reports at once every value that cannot be used,
every key that is misspelt, has another name here, or guards something that this version does not, files that
cannot be used, and queries that are not statements. With -i it also connects to that server, and to a MySQL
backend: it reports which privileges the account lacks there, and has the server prepare each query, without
executing it.

Each finding is a line that begins with "wrong:" or "remark:". Then come a line "read: FILE" for each file that was
read and, as the last line, the number of findings that are wrong, such as "1 wrong", or "Nothing is wrong". The exit
status is 0 if nothing is wrong.

  orchestrator -c check-config
  orchestrator -c check-config -config /etc/orchestrator.conf.json -i db1.example.com:3306
)",
      .handler = check_configuration,
      .standalone = true};
}

Operation reload_configuration_op() {
  return {
      .name = "reload-configuration",
      .group = Group::service,
      .access = Access::write,
      .summary = "Reload the configuration files",
      .help =
          R"(As SIGHUP does. Reports the files, the keys that changed, and the keys whose new values apply only after a restart.
A file with something wrong in it is an error, and changes nothing. Connections that are open stay as they are.
)",
      .on_command_line = false,
      .routes = {"/api/reload-configuration"},
      .handler = reload_configuration};
}

Operation dump_config_reference_op() {
  return {
      .name = "dump-config-reference",
      .group = Group::service,
      .summary = "Print every configuration key with its default and meaning",
      .help = R"(The output is a configuration file. Keys that have no effect in this version are comments.

  orchestrator -c dump-config-reference > orchestrator.conf.json
)",
      .handler = dump_config_reference,
      .standalone = true};
}

}  // namespace

Catalogue configuration_operations() {
  return {reload_configuration_op(), check_configuration_op(), dump_config_reference_op()};
}

}  // namespace orchestrator
