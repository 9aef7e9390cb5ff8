// Scripts for the mysql client.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace system_test {

// The client drops comments; some programs send each comment with the statement after it.
enum class Comments { leave_out, send_along };

// The script's statements, without delimiters. Supports `delimiter`, quotes and comments; /*! */ is code, not
// a comment.
[[nodiscard]] std::vector<std::string> statements_of(std::string_view script, Comments comments);

}  // namespace system_test
