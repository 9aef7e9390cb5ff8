#include "system/support/sql_script.h"

#include <re2/re2.h>

namespace system_test {
namespace {

// Consumes the script piece by piece: a whole comment, a whole quoted text, or a character.
class Splitter {
 public:
  Splitter(std::string_view script, Comments comments)
      : rest_(script.data(), script.size()), send_comments_(comments == Comments::send_along) {}

  std::vector<std::string> split() {
    while (!rest_.empty()) {
      if (take_delimiter_command() || take_comment() || take_delimiter()) continue;
      take_code();
    }
    end_statement();
    return std::move(statements_);
  }

 private:
  // Only at the start of a line, outside a statement.
  bool take_delimiter_command() {
    static const re2::RE2 command(R"((?i)[ \t]*delimiter[ \t]+(\S+)[^\n]*)");
    if (!at_line_start_ || has_code_) return false;
    return re2::RE2::Consume(&rest_, command, &delimiter_);
  }

  bool take_comment() {
    static const re2::RE2 comment(
        R"((?s)(--(?:[ \t][^\n]*)?(?:\n|\z)|#[^\n]*(?:\n|\z)|/\*(?:[^!+M]|M[^!]).*?\*/))");
    std::string text;
    if (!re2::RE2::Consume(&rest_, comment, &text)) return false;
    at_line_start_ = text.ends_with('\n');
    // Separates the text before and after the comment.
    statement_ += send_comments_ ? text : at_line_start_ ? "\n" : " ";
    return true;
  }

  bool take_delimiter() {
    if (!rest_.starts_with(delimiter_)) return false;
    rest_.remove_prefix(delimiter_.size());
    at_line_start_ = false;
    end_statement();
    return true;
  }

  void take_code() {
    static const re2::RE2 piece(R"((?s)('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`[^`]*`|.))");
    std::string text;
    re2::RE2::Consume(&rest_, piece, &text);
    at_line_start_ = text == "\n";
    has_code_ = has_code_ || text.find_first_not_of(" \t\r\n") != std::string::npos;
    statement_ += text;
  }

  void end_statement() {
    if (has_code_) {
      const auto begin = statement_.find_first_not_of(" \t\r\n");
      const auto end = statement_.find_last_not_of(" \t\r\n");
      statements_.push_back(statement_.substr(begin, end - begin + 1));
    }
    statement_.clear();
    has_code_ = false;
  }

  re2::StringPiece rest_;
  const bool send_comments_;
  std::string delimiter_ = ";";
  std::string statement_;
  bool at_line_start_ = true, has_code_ = false;
  std::vector<std::string> statements_;
};

}  // namespace

std::vector<std::string> statements_of(std::string_view script, Comments comments) {
  return Splitter(script, comments).split();
}

}  // namespace system_test
