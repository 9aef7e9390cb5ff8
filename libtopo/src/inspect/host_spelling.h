// Normalizes host names and addresses.
#pragma once

#include <string>
#include <string_view>

namespace topo::inspect {

// The canonical spelling of a host: lower case, no surrounding blanks, no final dot, IPv6 addresses in short
// form.
[[nodiscard]] std::string one_spelling(std::string_view host);

// True if InstanceKey accepts the name.
[[nodiscard]] bool can_be_host(const std::string& name);

// An IPv4 or IPv6 address.
[[nodiscard]] bool is_address(const std::string& host);

}  // namespace topo::inspect
