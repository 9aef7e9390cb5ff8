// Fuzz targets: functions of bytes that nobody wrote as they are, and what must hold whatever they are. The
// unit tests call them with inputs changed at random, libFuzzer with inputs chosen by what code they reach.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace fuzz {

struct Target {
  // Returns how much of the input was of use; 0: it was refused. Throws std::logic_error, saying what is odd
  // about the outcome.
  std::size_t (*run)(std::string_view input);
  // Inputs to begin with.
  std::vector<std::string> (*corpus)();
  // What has a meaning in the inputs.
  std::vector<std::string> (*words)();
};

// "HOST\nPORT", as users write it, and as servers tell their masters and replicas: it names a server, or is
// refused.
extern const Target names;
// The bytes of a connection to the HTTP server: requests, one after the other, or an end of it.
extern const Target requests;
// What a server sends to a client that connects, asks something and then two things at once. It is divided
// into parts, each with its size in two bytes before it, little endian: one for each time that the client
// sends something, and one before that. Rows that the client was given are of use.
extern const Target server_packets;
// A kind and a text: "j" a configuration file, "c" a credentials file, "t" the text of a query, a filter or a
// hook.
extern const Target configuration;

// Throws std::logic_error unless it holds.
void require(bool holds, std::string_view what);
// A message is for one line: neither empty nor longer than that, UTF-8, without control characters.
void require_sentence(std::string_view message, std::size_t longest);

}  // namespace fuzz
