#include "sandbox/saved_sandbox.h"

#include <fmt/format.h>
#include <rapidjson/document.h>
#include <rapidjson/istreamwrapper.h>
#include <rapidjson/ostreamwrapper.h>
#include <rapidjson/prettywriter.h>

#include <fstream>
#include <utility>

#include "topo/base/error.h"

namespace sandbox {
namespace {

using JsonWriter = rapidjson::PrettyWriter<rapidjson::OStreamWrapper>;

void write_texts(JsonWriter& json, const char* name, const std::vector<std::string>& texts) {
  json.Key(name);
  json.StartArray();
  for (const std::string& text : texts) json.String(text);
  json.EndArray();
}

void write_server(JsonWriter& json, Server& server, const std::optional<std::string>& master) {
  const ServerPlan& plan = server.plan();
  json.StartObject();
  json.Key("name");
  json.String(plan.name);
  json.Key("host");
  json.String(plan.key.hostname());
  json.Key("port");
  json.Uint(plan.key.port());
  json.Key("pid");
  json.Int(server.pid());
  json.Key("flavour");
  json.String(std::string(to_string(plan.flavour)));
  json.Key("master");
  json.String(master.value_or(""));
  json.Key("gtid");
  json.Bool(plan.gtid);
  json.Key("folder");
  json.String(plan.folder.string());
  write_texts(json, "command", plan.command);
  write_texts(json, "environment", plan.environment);
  json.EndObject();
}

// Looks up members by name; a missing member or another type throws.
class JsonObject {
 public:
  explicit JsonObject(const rapidjson::Value& value) : value_(value) {
    if (!value.IsObject()) throw std::runtime_error("a server is not an object");
  }

  [[nodiscard]] std::string text(const char* name) const {
    return require(name, &rapidjson::Value::IsString).GetString();
  }
  [[nodiscard]] int number(const char* name) const {
    return require(name, &rapidjson::Value::IsInt).GetInt();
  }
  [[nodiscard]] bool flag(const char* name) const {
    return require(name, &rapidjson::Value::IsBool).GetBool();
  }
  [[nodiscard]] std::vector<std::string> texts(const char* name) const {
    std::vector<std::string> result;
    for (const auto& element : require(name, &rapidjson::Value::IsArray).GetArray()) {
      if (!element.IsString())
        throw std::runtime_error(fmt::format("{} holds something else than texts", name));
      result.emplace_back(element.GetString());
    }
    return result;
  }

 private:
  const rapidjson::Value& require(const char* name, bool (rapidjson::Value::*is_type)() const) const {
    const auto found = value_.FindMember(name);
    if (found == value_.MemberEnd() || !(found->value.*is_type)()) {
      throw std::runtime_error(fmt::format("{} is missing or of another type", name));
    }
    return found->value;
  }

  const rapidjson::Value& value_;
};

SavedServer read_server(const JsonObject& json) {
  ServerPlan plan;
  plan.name = json.text("name");
  plan.flavour = flavour_from(json.text("flavour"));
  plan.key = topo::InstanceKey::from_parts(json.text("host"), std::to_string(json.number("port")));
  plan.gtid = json.flag("gtid");
  plan.folder = json.text("folder");
  plan.command = json.texts("command");
  plan.environment = json.texts("environment");
  const std::string master = json.text("master");
  return {std::make_unique<Server>(std::move(plan), -1, json.number("pid")),
          master.empty() ? std::nullopt : std::optional(master)};
}

std::vector<SavedServer> read_servers(const std::filesystem::path& file) {
  std::ifstream input(file);
  rapidjson::IStreamWrapper stream(input);
  rapidjson::Document document;
  document.ParseStream<rapidjson::kParseIterativeFlag>(stream);
  if (document.HasParseError() || !document.IsArray()) throw std::runtime_error("it is not a JSON array");
  std::vector<SavedServer> servers;
  for (const auto& value : document.GetArray()) servers.push_back(read_server(JsonObject(value)));
  return servers;
}

template <typename Servers, typename WriteOne>
void write_file(const std::filesystem::path& folder, const Servers& servers, const WriteOne& write_one) {
  const std::filesystem::path file = state_file(folder);
  const std::filesystem::path unfinished = file.string() + ".unfinished";
  {
    std::ofstream output(unfinished);
    rapidjson::OStreamWrapper stream(output);
    JsonWriter json(stream);
    json.StartArray();
    for (const auto& server : servers) write_one(json, server);
    json.EndArray();
    output << '\n';
    output.flush();
    if (!output)
      throw topo::Error(topo::Code::refused, fmt::format("{} cannot be written", unfinished.string()));
  }
  std::filesystem::rename(unfinished, file);
}

}  // namespace

std::filesystem::path state_file(const std::filesystem::path& folder) {
  return folder / "sandbox.json";
}

void save(const std::filesystem::path& folder, const std::vector<SavedServer>& servers) {
  write_file(folder, servers, [](JsonWriter& json, const SavedServer& saved) {
    write_server(json, *saved.server, saved.master);
  });
}

void save(const Topology& topology) {
  write_file(topology.folder(), topology.tree(), [&topology](JsonWriter& json, const TreeServer& server) {
    write_server(json, topology.server(server.name), server.master);
  });
}

std::vector<SavedServer> load(const std::filesystem::path& folder) {
  const std::filesystem::path file = state_file(folder);
  if (!std::filesystem::exists(file)) {
    throw topo::Error(
        topo::Code::not_found,
        fmt::format("there is no sandbox in {}; \"orchestrator-sandbox start\" makes one", folder.string()));
  }
  try {
    return read_servers(file);
  } catch (const std::exception& error) {
    throw topo::Error(topo::Code::invalid_argument,
                      fmt::format("{} is damaged: {}", file.string(), error.what()));
  }
}

}  // namespace sandbox
