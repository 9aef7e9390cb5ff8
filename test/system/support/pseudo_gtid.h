// Common helpers for tests of Pseudo-GTID.
#pragma once

#include "topo/config/configuration.h"

namespace system_test {

// Sets the pattern of the entries that a sandbox's servers inject.
[[nodiscard]] inline topo::Configuration with_pseudo_gtid(topo::Configuration configuration) {
  configuration.pseudo_gtid_pattern = "drop view if exists .*?`_pseudo_gtid_hint__";
  return configuration;
}

}  // namespace system_test
