// Compression of answers, for clients that take it.
#pragma once

#include <string>
#include <string_view>

namespace orchestrator {

// Shorter texts are not worth it.
inline constexpr std::size_t least_compressed = 1024;

enum class Effort { fast, most };

// In the format of gzip (RFC 1952). Throws std::bad_alloc.
[[nodiscard]] std::string gzip(std::string_view text, Effort effort);

// Whether a request with this Accept-Encoding takes gzip (RFC 9110, 12.5.3). One without that header, which
// is
// "" here, is not sent any.
[[nodiscard]] bool accepts_gzip(std::string_view accept_encoding);

}  // namespace orchestrator
