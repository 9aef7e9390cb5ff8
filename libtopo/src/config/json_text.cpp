#include "config/json_text.h"

#include <fmt/format.h>
#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>

#include "config/text_file.h"
#include "topo/base/error.h"

namespace topo::config {
namespace {

constexpr unsigned parse_flags =
    rapidjson::kParseIterativeFlag | rapidjson::kParseCommentsFlag | rapidjson::kParseTrailingCommasFlag;
constexpr int deepest = 8;  // a configuration needs 2

// Passes parser events to a Document and stops at a depth that no configuration needs, which bounds the
// memory that a small file can use.
class Shallow {
 public:
  explicit Shallow(rapidjson::Document& document) : document_(document) {}
  using Ch = char;
  bool Null() { return document_.Null(); }
  bool Bool(bool value) { return document_.Bool(value); }
  bool Int(int value) { return document_.Int(value); }
  bool Uint(unsigned value) { return document_.Uint(value); }
  bool Int64(std::int64_t value) { return document_.Int64(value); }
  bool Uint64(std::uint64_t value) { return document_.Uint64(value); }
  bool Double(double value) { return document_.Double(value); }
  bool RawNumber(const char* text, rapidjson::SizeType length, bool copy) {
    return document_.RawNumber(text, length, copy);
  }
  bool String(const char* text, rapidjson::SizeType length, bool copy) {
    return document_.String(text, length, copy);
  }
  bool StartObject() { return enter() && document_.StartObject(); }
  bool Key(const char* text, rapidjson::SizeType length, bool copy) {
    return document_.Key(text, length, copy);
  }
  bool EndObject(rapidjson::SizeType members) { return leave() && document_.EndObject(members); }
  bool StartArray() { return enter() && document_.StartArray(); }
  bool EndArray(rapidjson::SizeType elements) { return leave() && document_.EndArray(elements); }

 private:
  bool enter() { return ++depth_ <= deepest; }
  bool leave() {
    --depth_;
    return true;
  }
  rapidjson::Document& document_;
  int depth_ = 0;
};

}  // namespace

rapidjson::Document parse_json_object(const std::string& text, const std::string& name) {
  rapidjson::Document document;
  rapidjson::ParseResult result;
  auto generate = [&](rapidjson::Document& target) {
    rapidjson::Reader reader;
    rapidjson::StringStream stream(text.c_str());
    Shallow handler(target);
    result = reader.Parse<parse_flags>(stream, handler);
    return !result.IsError();
  };
  document.Populate(generate);
  if (result.IsError()) {
    const auto [line, column] = position_of(text, result.Offset());
    const std::string reason = result.Code() == rapidjson::kParseErrorTermination
                                   ? "Values are nested too deeply."
                                   : GetParseError_En(result.Code());
    throw Error(Code::invalid_argument,
                fmt::format("{}, line {}, column {}: not JSON: {}", name, line, column, reason));
  }
  if (!document.IsObject()) {
    throw Error(Code::invalid_argument,
                fmt::format("{} is not a JSON object: expected {{ \"Key\": value, ... }}", name));
  }
  return document;
}

}  // namespace topo::config
