// Placeholders in the commands of PreFailoverProcesses and PostFailoverProcesses.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace topo::config {

// Without braces; the last two are known only after a successor was chosen.
inline constexpr std::array<std::string_view, 7> placeholders{
    "failureType",    "failureDescription", "failedHost",   "failedPort",
    "failureCluster", "successorHost",      "successorPort"};
inline constexpr std::size_t placeholders_before_recovery = 5;

// Names in braces that are not placeholders at that time and are therefore not replaced, each once. Ignores
// the shell's ${variables}, {a,b} and {1..5}.
[[nodiscard]] std::vector<std::string> unknown_placeholders(std::string_view command, bool before_recovery);
// The placeholders replaced at that time: "{failureType}, {failureDescription}, …".
[[nodiscard]] std::string known_placeholders(bool before_recovery);

}  // namespace topo::config
