// Compression of responses, for clients that accept it.
#pragma once

#include <string>
#include <string_view>

namespace orchestrator {

// The minimum size: compressing shorter texts does not pay off.
inline constexpr std::size_t min_compressed = 1024;

enum class Effort { fast, most };

// The gzip format (RFC 1952). Throws std::bad_alloc.
[[nodiscard]] std::string gzip(std::string_view text, Effort effort);

// Whether a request with this Accept-Encoding accepts gzip (RFC 9110, 12.5.3). "" stands for a request
// without the header, which accepts none.
[[nodiscard]] bool accepts_gzip(std::string_view accept_encoding);

}  // namespace orchestrator
