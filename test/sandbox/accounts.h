// The accounts on every server of a sandbox. They are test constants, for loopback only.
#pragma once

#include <string>
#include <string_view>

#include "sandbox/flavour.h"

namespace sandbox {

struct Account {
  std::string_view user, password;
};

inline constexpr Account root_account{"root", ""};  // used by the sandbox itself, from any address
inline constexpr Account orchestrator_account{"orchestrator",
                                              "orch_pass"};         // the minimum that orchestrator needs
inline constexpr Account replication_account{"repl", "repl_pass"};  // used by replicas to connect
inline constexpr Account grantless_account{"nogrants",
                                           "nogrants_pass"};  // may connect, but has no privileges

// SQL with one statement per line, for a server that has no account but root@localhost.
[[nodiscard]] std::string create_accounts(Flavour flavour);

}  // namespace sandbox
