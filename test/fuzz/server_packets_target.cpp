#include <algorithm>

#include "fuzz/targets.h"
#include "mysql/client_library.h"
#include "sandbox/rogue/wire.h"

namespace fuzz {
namespace {

using topo::mysql::Channel;
using topo::mysql::Transport;
using topo::mysql::Waiting;

constexpr std::string_view password = "sesame-open";

// Divides the input into parts, each with its size in two bytes before it: one part before the client sends
// anything, and one, delivered in pieces, for each time that it sends something.
class MemoryChannel : public Channel {
 public:
  MemoryChannel(std::string_view bytes, bool& was_reported) : left_(bytes), was_told_(was_reported) {
    next_part();
  }
  std::size_t receive(std::span<char> into, Waiting&) override {
    constexpr std::size_t piece = 700;
    const auto size = std::min({into.size(), part_.size(), piece});
    part_.copy(into.data(), size);
    part_.remove_prefix(size);
    return size;
  }
  void send(std::string_view bytes, Waiting&) override {
    was_told_ = was_told_ || bytes.find(password) != std::string_view::npos;
    if (part_.empty()) next_part();
  }

 private:
  void next_part() {
    if (left_.size() < 2) return;
    const auto byte = [this](std::size_t i) {
      return static_cast<std::size_t>(static_cast<unsigned char>(left_[i]));
    };
    const auto size = byte(0) | byte(1) << 8U;
    part_ = left_.substr(2, size);
    left_.remove_prefix(2 + part_.size());
  }
  std::string_view left_, part_;
  bool& was_told_;
};

std::size_t read_results(MYSQL& mysql) {
  std::size_t rows_read = 0;
  do {
    MYSQL_RES* rows = mysql_use_result(&mysql);
    if (rows == nullptr) continue;
    while (MYSQL_ROW row = mysql_fetch_row(rows)) {
      const auto* lengths = mysql_fetch_lengths(rows);
      for (unsigned i = 0; i < mysql_num_fields(rows); ++i) {
        if (row[i] != nullptr) static_cast<void>(std::string(row[i], lengths[i]));
      }
      ++rows_read;
    }
    mysql_free_result(rows);
  } while (mysql_next_result(&mysql) == 0);
  return rows_read;
}

std::size_t run_server_packets(std::string_view bytes) {
  topo::mysql::initialise_library();
  static const topo::mysql::ConnectionOptions options = [] {
    topo::mysql::ConnectionOptions made;
    made.server = {"fuzz", 3306};
    made.user = "orchestrator";
    made.password = password;
    return made;
  }();
  bool was_reported = false;
  Transport transport(options, topo::mysql::TlsMode::disabled, [bytes, &was_reported](Waiting&) {
    return std::make_unique<MemoryChannel>(bytes, was_reported);
  });
  constexpr topo::mysql::AnswerLimits limits{65536, 100};
  transport.allow(std::chrono::seconds(1), limits);
  MYSQL mysql;
  std::size_t rows_read = 0;
  mysql_init(&mysql);
  if (connect_over(mysql, transport, options)) {
    for (const std::string_view query : {"SELECT 1", "SELECT 2; SELECT 3"}) {
      transport.allow(std::chrono::seconds(1), limits);
      if (mysql_real_query(&mysql, query.data(), query.size()) == 0) rows_read += read_results(mysql);
    }
  }
  mysql_close(&mysql);
  require(!was_reported, "the server was told the password");
  return rows_read;
}

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

std::vector<std::string> corpus_of_server_packets() {
  const rogue::Rows small{{"a", "b"}, {{"1", std::nullopt}, {"", "two"}}};
  const rogue::Rows wide{std::vector<std::string>(30, "column"), {std::vector<rogue::Cell>(30, "x")}};
  const rogue::Rows large{{"a"}, {{std::string(300, 'y')}, {std::string(3000, 'z')}}};
  return {session("mysql_native_password", small, false), session("caching_sha2_password", wide, true),
          session("mysql_native_password", large, true),
          part(rogue::Packets().add(rogue::error(1040, "Too many connections")).bytes())};
}

std::vector<std::string> words_of_server_packets() {
  return {rogue::number(0xffffff, 3),
          "\xfb",
          "\xfe",
          "\xff",
          rogue::ok(),
          rogue::end_of_rows(),
          rogue::other_plugin("client_ed25519"),
          rogue::other_plugin("mysql_clear_password"),
          "\x01\x04"};
}

}  // namespace

const Target server_packets{run_server_packets, corpus_of_server_packets, words_of_server_packets};

}  // namespace fuzz
