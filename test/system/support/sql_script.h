// Scripts as one feeds them to the mysql client.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace system_test {

// What becomes of comments: the client leaves them out; some programs send each with the statement after it.
enum class Comments { leave_out, send_along };

// The script's statements, without the delimiters between them. Knows `delimiter`, quotes, and comments; what
// stands in /*! */ is no comment.
[[nodiscard]] std::vector<std::string> statements_of(std::string_view script, Comments comments);

}  // namespace system_test
