// User and password from a file in the form of my.cnf.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace topo::config {

struct Credentials {
  std::string user, password;
};

// Reads `user` and `password` of the [client] sections of `text`; the last of each counts, other sections and
// keys do not. As MySQL's own programs read it: blanks around = are nothing, a line that begins with # or ;
// is a comment, so is the rest of a line from a # outside quotes; a value may stand in single or double
// quotes; \n \t \r \b \s \" \' \\ are what they are in option files. Included files are not read; that they
// are not goes to `warnings`. `name` stands for the file. Throws Error{invalid_argument} when there is no
// user.
[[nodiscard]] Credentials parse_credentials(std::string_view text, const std::string& name,
                                            std::vector<std::string>& warnings);

// As above from a file that must exist. `key` is the configuration key, or flag, that names it, for messages.
[[nodiscard]] Credentials read_credentials(const std::string& file, std::string_view key,
                                           std::vector<std::string>& warnings);

// The warning about a file with a password that any user of the machine can read.
[[nodiscard]] std::string exposed_password_warning(const std::string& file);

}  // namespace topo::config
