// The accounts that every server of a sandbox has. They are test constants, good for loopback only.
#pragma once

#include <string>
#include <string_view>

#include "sandbox/flavour.h"

namespace sandbox {

struct Account {
  std::string_view user, password;
};

inline constexpr Account root_account{"root", ""};  // the sandbox's own, from any address
inline constexpr Account orchestrator_account{"orchestrator",
                                              "orch_pass"};               // the least that orchestrator needs
inline constexpr Account replication_account{"repl", "repl_pass"};        // what replicas connect with
inline constexpr Account grantless_account{"nogrants", "nogrants_pass"};  // may connect and nothing else

// One statement a line, to be run by a server that has no accounts but root@localhost.
[[nodiscard]] std::string create_accounts(Flavour flavour);

}  // namespace sandbox
