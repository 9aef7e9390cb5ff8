// Help, made from the catalogue.
#pragma once

#include <string>
#include <string_view>

namespace orchestrator {

struct Operation;

// How to call the program, its flags, and each command in a line.
[[nodiscard]] std::string general_help();
// Everything about one command.
[[nodiscard]] std::string operation_help(const Operation& operation);
// general_help for "", reference for "reference", else that of the command of this name.
// Throws Error{not_found}, suggesting the nearest command.
[[nodiscard]] std::string help_on(std::string_view subject);
// All commands and routes as Markdown.
[[nodiscard]] std::string reference();

// "There is no command X; did you mean Y?"
[[nodiscard]] std::string unknown_command(std::string_view name);

}  // namespace orchestrator
