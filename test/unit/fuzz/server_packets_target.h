// What the fuzzing of packets from servers calls, with any bytes.
#pragma once

#include <cstddef>
#include <string_view>

namespace fuzz {

// Plays a server that sends the bytes to a client that connects, asks something and then two things at once.
// They are divided into parts, each with its size in two bytes before it, little endian: one part for each
// time that the client sends something, and one before that. Returns how many rows the client was given.
// Throws std::logic_error when it tells its password.
std::size_t server_packets(std::string_view bytes);

}  // namespace fuzz
