#include <catch2/catch.hpp>

#include "base/shown_text.h"
#include "topo/base/error.h"
#include "topo/base/instance_key.h"
#include "unit/fuzz/mutate.h"

namespace topo {

namespace {

// "" when all is well.
std::string judge(const InstanceKey& key) {
  constexpr std::string_view allowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:%";  // the last two in IPv6 only
  if (key.hostname().empty() || key.hostname().size() > 253) return "length";
  if (key.hostname().starts_with('-') || key.hostname() == "_")
    return "an option, or what stands for no host";
  if (key.hostname().find_first_not_of(allowed) != std::string::npos) return "odd character";
  if (InstanceKey::parse(key.display(), 1) != key) return "not the same when read again";
  return "";
}

template <typename Read>
bool check(const std::string& text, Read read) {
  try {
    const auto wrong = judge(read());
    if (!wrong.empty()) FAIL(wrong << ", seed " << fuzz::seed() << ": \"" << fuzz::printable(text) << '"');
    return true;
  } catch (const Error& error) {
    const std::string message = error.what();
    if (error.code() != Code::invalid_argument || find_invalid_utf8(message) != std::string::npos ||
        message.size() > 500) {
      FAIL("odd message, seed " << fuzz::seed() << ": \"" << fuzz::printable(text) << "\": " << message);
    }
    return false;
  }
}

}  // namespace

TEST_CASE("Any text is an instance or an error, never more", "[fuzz]") {
  fuzz::Mutator mutator(fuzz::seed(),
                        {"db1", "db1:3306", "127.0.0.1:22987", "[::1]:3306", "2001:db8::1", "[fe80::1%eth0]",
                         " db-1.example.com:1 ", "x;host=127.0.0.1;local-infile=1", "a,b", "-h"});
  int good = 0;
  for (auto left = fuzz::rounds(50000); left > 0; --left) {
    const auto text = mutator.next();
    if (check(text, [&] { return InstanceKey::parse(text, 3306); })) ++good;
    const auto split = mutator.up_to(text.size());
    const std::string host = text.substr(0, split), port = text.substr(split);
    check(text, [&] { return InstanceKey::from_parts(host, port); });
    check(text, [&] { return InstanceKey::from_parts(text, "3306"); });
  }
  CHECK(good > 1000);
}

}  // namespace topo
