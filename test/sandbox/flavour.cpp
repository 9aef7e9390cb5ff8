#include "sandbox/flavour.h"

#include <fmt/format.h>

#include "topo/base/error.h"

namespace sandbox {

std::string_view to_string(Flavour flavour) noexcept {
  switch (flavour) {
    case Flavour::mariadb_10_11: return "mariadb-10.11";
    case Flavour::mysql_5_6: return "mysql-5.6";
    case Flavour::mysql_9_7: return "mysql-9.7";
    case Flavour::mariadb_11_8: return "mariadb-11.8";
  }
  return "";
}

Flavour flavour_from(std::string_view name) {
  for (const Flavour flavour : all_flavours) {
    if (to_string(flavour) == name) return flavour;
  }
  std::string known;
  for (const Flavour flavour : all_flavours) known.append(" ").append(to_string(flavour));
  throw topo::Error(topo::Code::invalid_argument,
                    fmt::format("there is no flavour \"{}\"; known are{}", name, known));
}

bool is_mariadb(Flavour flavour) noexcept {
  return flavour == Flavour::mariadb_10_11 || flavour == Flavour::mariadb_11_8;
}

bool says_replica(Flavour flavour) noexcept {
  return flavour == Flavour::mysql_9_7;
}

}  // namespace sandbox
