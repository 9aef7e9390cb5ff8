// How host names and addresses are written.
#pragma once

#include <string>
#include <string_view>

namespace topo::inspect {

// One spelling for all that mean the same host: lower case, no blanks around, no final dot, an IPv6 address
// in its short form.
[[nodiscard]] std::string one_spelling(std::string_view host);

// Whether InstanceKey would take it.
[[nodiscard]] bool can_be_host(const std::string& name);

// An IPv4 or IPv6 address.
[[nodiscard]] bool is_address(const std::string& host);

}  // namespace topo::inspect
