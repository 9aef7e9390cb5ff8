// The kinds of server that the sandbox supports.
#pragma once

#include <array>
#include <string_view>

namespace sandbox {

enum class Flavour { mariadb_10_11, mysql_5_6, mysql_9_7, mariadb_11_8 };

inline constexpr std::array all_flavours{Flavour::mariadb_10_11, Flavour::mysql_5_6, Flavour::mysql_9_7,
                                         Flavour::mariadb_11_8};

// "mariadb-10.11" and so on: used on the command line, in messages and in folder names.
[[nodiscard]] std::string_view to_string(Flavour flavour) noexcept;
// Throws topo::Error{invalid_argument} that lists the known names.
[[nodiscard]] Flavour flavour_from(std::string_view name);

[[nodiscard]] bool is_mariadb(Flavour flavour) noexcept;
// Whether the server only accepts the terms source and replica: MySQL since 8.4.
[[nodiscard]] bool says_replica(Flavour flavour) noexcept;

}  // namespace sandbox
