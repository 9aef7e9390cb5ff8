// Whatever a server sends.
#include <catch2/catch.hpp>

#include "sandbox/rogue/wire.h"
#include "unit/fuzz/mutate.h"
#include "unit/fuzz/server_packets_target.h"

namespace {

std::string part(std::string_view bytes) {
  return rogue::number(bytes.size(), 2).append(bytes);
}

std::string session(const std::string& plugin, const rogue::Rows& rows, bool has_error) {
  rogue::Greeting greeting;
  greeting.plugin = plugin;
  rogue::Packets login(2), answer(1), answers(1);
  if (plugin == "caching_sha2_password") login.add("\x01\x03");
  login.add(rogue::ok());
  rogue::add_result(answer, rows);
  rogue::add_result(answers, rows, rogue::status_more_results);
  answers.add(has_error ? rogue::error(1064, "You have an error in your SQL syntax") : rogue::ok());
  return part(rogue::Packets().add(rogue::greeting(greeting)).bytes()) + part(login.bytes()) +
         part(answer.bytes()) + part(answers.bytes());
}

std::vector<std::string> corpus() {
  const rogue::Rows small{{"a", "b"}, {{"1", std::nullopt}, {"", "two"}}};
  const rogue::Rows wide{std::vector<std::string>(30, "column"), {std::vector<rogue::Cell>(30, "x")}};
  const rogue::Rows large{{"a"}, {{std::string(300, 'y')}, {std::string(3000, 'z')}}};
  return {session("mysql_native_password", small, false), session("caching_sha2_password", wide, true),
          session("mysql_native_password", large, true),
          part(rogue::Packets().add(rogue::error(1040, "Too many connections")).bytes())};
}

}  // namespace

TEST_CASE("whatever a server sends is read or refused", "[mysql][fuzz]") {
  const auto whole = corpus();
  std::size_t rows_read = 0;
  for (const auto& bytes : whole) rows_read += fuzz::server_packets(bytes);
  CHECK(rows_read == 10);  // untouched, all of them are read to their end
  fuzz::Mutator mutator(
      fuzz::seed(), whole,
      {rogue::number(0xffffff, 3), std::string("\xfb"), std::string("\xfe"), std::string("\xff"), rogue::ok(),
       rogue::end_of_rows(), rogue::other_plugin("client_ed25519"),
       rogue::other_plugin("mysql_clear_password"), std::string("\x01\x04")});
  for (auto left = fuzz::rounds(20000); left > 0; --left) rows_read += fuzz::server_packets(mutator.next());
  CHECK(rows_read > 1000);
}
