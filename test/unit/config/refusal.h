// The message of the topo::Error that a call throws.
#pragma once

#include <string>

#include "topo/base/error.h"

// "" when `call` throws no Error, or an Error with another code.
template <typename Call>
std::string refusal(Call call, topo::Code code = topo::Code::invalid_argument) {
  try {
    call();
  } catch (const topo::Error& error) {
    if (error.code() == code) return error.what();
  }
  return "";
}
