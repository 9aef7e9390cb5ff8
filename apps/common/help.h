// Help, generated from the catalogue.
#pragma once

#include <string>
#include <string_view>

namespace orchestrator {

struct Operation;

// The usage of the program, its flags, and each command on one line.
[[nodiscard]] std::string general_help();
// The full help of one command.
[[nodiscard]] std::string operation_help(const Operation& operation);
// general_help for "", reference for "reference", otherwise the help of the command named `subject`. Throws
// Error{not_found} that suggests the nearest command.
[[nodiscard]] std::string help_on(std::string_view subject);
// All commands and routes as Markdown.
[[nodiscard]] std::string reference();

// "Unknown command: X; did you mean Y?"
[[nodiscard]] std::string unknown_command(std::string_view name);
// The complaint about a word that is not a mode; suggests -c if the word is a command.
[[nodiscard]] std::string unknown_mode(std::string_view word);

}  // namespace orchestrator
