// Reads a user and a password from a file in my.cnf format.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace topo::config {

struct Credentials {
  std::string user, password;
};

// Reads `user` and `password` from the [client] sections of `text`; the last value of each applies, other
// sections and keys are ignored. Follows the option file rules of MySQL's programs: blanks around = are
// ignored; lines that start with # or ; are comments, and so is the rest of a line after a # outside quotes;
// values may be in single or double quotes; \n \t \r \b \s \" \' \\ are escapes. Files named by include
// directives are not read; this adds a warning to `warnings`. `name` is the file name in messages. Throws
// Error{invalid_argument} without a user.
[[nodiscard]] Credentials parse_credentials(std::string_view text, const std::string& name,
                                            std::vector<std::string>& warnings);

// As above, from a file that must exist. `key` is the configuration key or flag that names the file, for
// messages.
[[nodiscard]] Credentials read_credentials(const std::string& file, std::string_view key,
                                           std::vector<std::string>& warnings);

// The warning about a file that contains a password and is readable by any user of the machine.
[[nodiscard]] std::string exposed_password_warning(const std::string& file);

}  // namespace topo::config
