// The kinds of server that the sandbox knows.
#pragma once

#include <array>
#include <string_view>

namespace sandbox {

enum class Flavour { mariadb_10_11, mysql_5_6, mysql_9_7, mariadb_11_8 };

inline constexpr std::array all_flavours{Flavour::mariadb_10_11, Flavour::mysql_5_6, Flavour::mysql_9_7,
                                         Flavour::mariadb_11_8};

// "mariadb-10.11" and so on: on the command line, in messages and in names of folders.
[[nodiscard]] std::string_view to_string(Flavour flavour) noexcept;
// Throws topo::Error{invalid_argument} that lists the known names.
[[nodiscard]] Flavour flavour_from(std::string_view name);

[[nodiscard]] bool is_mariadb(Flavour flavour) noexcept;
// Speaks of sources and replicas only: MySQL since 8.4.
[[nodiscard]] bool says_replica(Flavour flavour) noexcept;

}  // namespace sandbox
