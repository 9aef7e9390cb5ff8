// Placeholders in the commands of PreFailoverProcesses and PostFailoverProcesses.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace topo::config {

// Without braces; the last two are known once there is a successor.
inline constexpr std::array<std::string_view, 7> placeholders{
    "failureType",    "failureDescription", "failedHost",   "failedPort",
    "failureCluster", "successorHost",      "successorPort"};
inline constexpr std::size_t placeholders_before_recovery = 5;

// Names in braces, each once, that stand for nothing in a command run then, and so stay as they are.
// ${variables}, {a,b} and {1..5} of the shell are none.
[[nodiscard]] std::vector<std::string> unknown_placeholders(std::string_view command, bool before_recovery);
// "{failureType}, {failureDescription}, …": those that are filled in then.
[[nodiscard]] std::string known_placeholders(bool before_recovery);

}  // namespace topo::config
