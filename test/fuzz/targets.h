// Fuzz targets: functions that take arbitrary bytes, and check what must hold for any input. The unit tests
// call them with randomly changed inputs, libFuzzer with inputs chosen by the code that they reach.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace fuzz {

struct Target {
  // Returns how much of the input was used; 0: it was refused. Throws std::logic_error that describes what is
  // wrong with the outcome.
  std::size_t (*run)(std::string_view input);
  // The seed inputs.
  std::vector<std::string> (*corpus)();
  // Tokens with a meaning in the inputs.
  std::vector<std::string> (*words)();
};

// "HOST
// PORT", as users write it, and as servers report their masters and replicas: it names a server or is
// refused.
extern const Target names;
// The bytes of a connection to the HTTP server: requests, one after the other, possibly truncated.
extern const Target requests;
// What a server sends to a client that connects, sends one statement and then two at once. The input is
// divided into parts, each with its size in two bytes before it, little endian: one for each time that the
// client sends something, and one before that. Rows that the client received count as used.
extern const Target server_packets;
// A kind and a text: "j" a configuration file, "c" a credentials file, "t" the text of a query, a filter or a
// hook.
extern const Target configuration;

// Throws std::logic_error unless `holds`.
void require(bool holds, std::string_view what);
// Checks a one-line message: not empty, at most `longest`, UTF-8, without control characters.
void require_sentence(std::string_view message, std::size_t longest);

}  // namespace fuzz
