#include "common/stack_trace.h"

#include <catch2/catch.hpp>
#include <string>

#include "topo/base/error.h"

namespace {

[[gnu::noinline]] void throw_here() {
  throw topo::Error(topo::Code::refused, "no");
}

std::string stack_of_error() {
  try {
    throw_here();
  } catch (const topo::Error& error) {
    std::string text;
    for (const auto& line : orchestrator::describe_stack(error.stack())) text += line + '\n';
    return text;
  }
  return "";
}

}  // namespace

TEST_CASE("An error has a stack trace on request, static functions included") {
  CHECK(stack_of_error().empty());
  topo::record_stacks(true);
  const auto text = stack_of_error();
  topo::record_stacks(false);
  INFO(text);
  CHECK(text.find("(anonymous namespace)::throw_here()") != std::string::npos);
  CHECK(text.find("main") != std::string::npos);
  CHECK(stack_of_error().empty());
}
