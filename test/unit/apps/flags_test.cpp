#include "common/flags.h"

#include <catch2/catch.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/parameters.h"

using namespace orchestrator;

namespace {

Flags parse(const std::vector<const char*>& arguments) {
  return parse_flags(arguments);
}

std::string complaint(const std::vector<const char*>& arguments) {
  try {
    (void)parse(arguments);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("Flags take one dash or two, = or the next word, before and after cli") {
  const auto flags =
      parse({"-c", "topology", "-i=127.0.0.1:22987", "cli", "--pattern=a=b", "--alias", "shop", "-s", "x"});
  CHECK(flags.command == "topology");
  CHECK(*flags.value("i") == "127.0.0.1:22987");
  CHECK(*flags.value("pattern") == "a=b");
  CHECK(*flags.value("alias") == "shop");
  CHECK(*flags.value("s") == "x");
  CHECK(flags.words == std::vector<std::string>{"cli"});
}

TEST_CASE("A switch does not consume the next word") {
  const auto flags = parse({"--debug", "cli", "-discovery=false", "-verbose=1", "-strict=F"});
  CHECK(flags.debug);
  CHECK_FALSE(flags.discovery);
  CHECK(flags.verbose);
  CHECK_FALSE(flags.is_on("strict"));
  CHECK(flags.words == std::vector<std::string>{"cli"});
}

TEST_CASE("A value may look like a flag, be empty, or contain any characters") {
  CHECK(parse({"-pattern", "-c"}).given.at("pattern") == "-c");
  const auto empty = parse({"-i", ""});
  REQUIRE(empty.value("i"));
  CHECK(empty.value("i")->empty());
  CHECK(parse({"-reason=a\nb \"c\" --x"}).given.at("reason") == "a\nb \"c\" --x");
  CHECK(parse({"-c", "a", "-c", "b"}).command == "b");
}

TEST_CASE("Flags have defaults") {
  const auto flags = parse({});
  CHECK(flags.discovery);
  CHECK_FALSE(flags.debug);
  CHECK(flags.given.empty());
  CHECK_FALSE(flags.command_given);
}

TEST_CASE("Two dashes alone end the flags") {
  CHECK(parse({"--", "-c", "x"}).words == std::vector<std::string>{"-c", "x"});
  CHECK(parse({"-"}).words == std::vector<std::string>{"-"});
}

TEST_CASE("An unknown flag is named") {
  CHECK(complaint({"-nonsense", "x"}) == "There is no flag -nonsense");
  CHECK(complaint({"--command=x"}) == "There is no flag --command");
  CHECK(complaint({"-patern=x"}) == "There is no flag -patern; did you mean -pattern?");
  CHECK(complaint({"--dryrun"}) == "There is no flag --dryrun; did you mean --dry-run?");
  CHECK(complaint({"-x"}) == "There is no flag -x");
  CHECK(complaint({"-c"}) == "Flag -c needs a value");
  CHECK(complaint({"-debug=maybe"}) == "Flag -debug is \"maybe\"; expected true or false");
}

TEST_CASE("A password among the arguments is overwritten, and nothing else") {
  std::vector<std::string> words{"-c",
                                 "make-co-master",
                                 "-reason",
                                 "-replication-password",
                                 "-replication-password",
                                 "s3cret",
                                 "--replication-password=s3cret",
                                 "-replication-user",
                                 "s3cret"};
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  hide_secrets(arguments);
  CHECK(words == std::vector<std::string>{"-c", "make-co-master", "-reason", "-replication-password",
                                          "-replication-password", "xxxxxx", "--replication-password=xxxxxx",
                                          "-replication-user", "s3cret"});
  hide_secrets({});
  arguments = {words[3].data()};
  hide_secrets(arguments);  // the value is missing
}

TEST_CASE("The help lists every flag") {
  const auto help = flags_help();
  for (const auto* name : {"-c ", "-i HOST[:PORT] ", "-i HOST[:PORT]|CLUSTER|ALIAS ", "-pattern TEXT ", "-s ",
                           "-config ", "-pattern ", "-debug", "-discovery", "-strict", "-stack"}) {
    CHECK(help.find(std::string("  ") + name) != std::string::npos);
  }
}

TEST_CASE("The table of parameters is in the order of the enumeration") {
  const std::vector<std::pair<Parameter, std::string_view>> names{
      {Parameter::instance, "instance"},
      {Parameter::sibling, "sibling"},
      {Parameter::cluster, "cluster"},
      {Parameter::alias, "alias"},
      {Parameter::pattern, "pattern"},
      {Parameter::search, "text to search for"},
      {Parameter::page, "page"},
      {Parameter::subject, "command"},
      {Parameter::owner, "owner"},
      {Parameter::reason, "reason"},
      {Parameter::duration, "duration"},
      {Parameter::dry_run, "dry run"},
      {Parameter::allow_loss, "accepting loss"},
      {Parameter::allow_errant, "accepting errant transactions"},
      {Parameter::force, "force"},
      {Parameter::end_clients, "ending clients"},
      {Parameter::maintenance, "maintenance lock"},
      {Parameter::process, "connection"},
      {Parameter::strict, "strictness"},
      {Parameter::binlog, "coordinates"},
      {Parameter::promotion_rule, "promotion rule"},
      {Parameter::replication_user, "account"},
      {Parameter::replication_password, "password"},
      {Parameter::replication_credentials, "credentials file"}};
  REQUIRE(names.size() == parameter_count);
  for (const auto& [parameter, name] : names) CHECK(info_of(parameter).name == name);
  CHECK(how_to_give(Parameter::pattern) == "pattern: give it with -pattern REGEXP");
}
