#include <memory>

#include "common/json_shape.h"
#include "http/message.h"

namespace orchestrator {

Response error_response(int status, std::string_view message, std::string_view result,
                        const std::vector<topo::refactor::StepReport>& steps) {
  rapidjson::StringBuffer buffer;
  json::Writer writer(buffer);
  writer.StartObject();
  json::write_field(writer, "Code", std::string_view("ERROR"));
  if (!result.empty()) json::write_field(writer, "Result", result);
  json::write_field(writer, "Message", message);
  json::write_name(writer, "Details");
  writer.Null();
  json::write_steps(writer, steps);
  writer.EndObject();
  return {status, std::make_shared<const std::string>(buffer.GetString(), buffer.GetSize()), json_type};
}

}  // namespace orchestrator
