#include "support/fake_server.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>
#include <vector>

namespace {

constexpr std::uint32_t capabilities = 0x00000001 | 0x00000200 | 0x00002000 | 0x00008000 |  // 4.1, accounts
                                       0x00010000 | 0x00020000 | 0x00080000;  // several statements
constexpr std::uint16_t more_results = 0x0008;

std::string number(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i)
    text += static_cast<char>((value >> (8U * static_cast<unsigned>(i))) & 0xFFU);
  return text;
}

std::string lenenc(std::string_view text) {
  std::string out;
  if (text.size() < 251) {
    out = number(text.size(), 1);
  } else {
    out = "\xfc" + number(text.size(), 2);
  }
  return out.append(text);
}

void send_packet(int client, std::uint8_t& sequence, std::string_view body) {
  const auto packet = number(body.size(), 3) + number(sequence++, 1) + std::string(body);
  for (std::size_t sent = 0; sent < packet.size();) {
    const auto n = ::send(client, packet.data() + sent, packet.size() - sent, MSG_NOSIGNAL);
    if (n <= 0) throw std::runtime_error("the client has gone");
    sent += static_cast<std::size_t>(n);
  }
}

std::string receive(int client, std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t got = 0; got < size;) {
    const auto n = ::recv(client, text.data() + got, size - got, 0);
    if (n <= 0) throw std::runtime_error("the client has gone");
    got += static_cast<std::size_t>(n);
  }
  return text;
}

std::string receive_packet(int client) {
  const auto head = receive(client, 4);
  const auto byte = [&](std::size_t i) {
    return static_cast<std::size_t>(static_cast<unsigned char>(head[i]));
  };
  return receive(client, byte(0) | byte(1) << 8U | byte(2) << 16U);
}

const std::string ok = number(0, 3) + number(2, 2) + number(0, 2);

std::string end_of_rows(std::uint16_t status) {
  return "\xfe" + number(0, 2) + number(2U | status, 2);
}

std::string column_definition(std::string_view name) {
  return lenenc("def") + lenenc("") + lenenc("") + lenenc("") + lenenc(name) + lenenc(name) + "\x0c" +
         number(45, 2) + number(1024, 4) + "\xfd" + number(0, 5);
}

}  // namespace

FakeServer::FakeServer(recorded::Server answers, std::string scene, std::string malformed)
    : answers_(std::move(answers)),
      scene_(std::move(scene)),
      malformed_(std::move(malformed)),
      listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* plain = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener_, plain, size) != 0 || listen(listener_, 16) != 0 ||
      getsockname(listener_, plain, &size) != 0)
    throw std::runtime_error("a fake server cannot listen");
  key_ = {"127.0.0.1", ntohs(address.sin_port)};
  thread_ = std::jthread([this] {
    std::vector<std::jthread> clients;
    for (int client = accept(listener_, nullptr, nullptr); client >= 0;
         client = accept(listener_, nullptr, nullptr)) {
      clients.emplace_back([this, client] { serve(client); });
    }
  });
}

FakeServer::~FakeServer() {
  shutdown(listener_, SHUT_RDWR);
  thread_.join();
  close(listener_);
}

void FakeServer::serve(int client) {
  try {
    std::uint8_t sequence = 0;
    const std::string salt = "12345678";
    send_packet(client, sequence,
                "\x0a" + answers_.version() + '\0' + number(1, 4) + salt + '\0' +
                    number(capabilities & 0xFFFFU, 2) + number(45, 1) + number(2, 2) +
                    number(capabilities >> 16U, 2) + number(21, 1) + std::string(10, '\0') + "123456789012" +
                    '\0' + "mysql_native_password" + '\0');
    receive_packet(client);
    sequence = 2;
    send_packet(client, sequence, ok);
    constexpr char command_quit = 1, command_query = 3;
    for (auto packet = receive_packet(client); packet.at(0) != command_quit;
         packet = receive_packet(client)) {
      sequence = 1;
      if (packet[0] == command_query) {
        answer(client, std::string_view(packet).substr(1));
      } else {
        send_packet(client, sequence, ok);
      }
    }
  } catch (const std::exception&) {  // the client has disconnected
  }
  close(client);
}

void FakeServer::answer(int client, std::string_view request) {
  ++requests_;
  std::vector<std::string> statements;
  while (!request.empty()) {
    const auto end = request.find(";\n");
    statements.emplace_back(request.substr(0, end));
    request.remove_prefix(end == std::string_view::npos ? request.size() : end + 2);
  }
  std::uint8_t sequence = 1;
  for (const auto& statement : statements) {
    if (!answer_one(client, sequence, statement, &statement == &statements.back())) return;
  }
}

bool FakeServer::answer_one(int client, std::uint8_t& sequence, const std::string& statement, bool is_last) {
  // The recordings are older than these statements. Servers without the plugins answer so.
  static const topo::mysql::Answer no_rows{{{"Variable_name", "Value"}, {}}, std::nullopt};
  const auto* answer = answers_.answer(scene_, statement);
  if (answer == nullptr && statement.find("rpl_semi_sync_") != std::string::npos) answer = &no_rows;
  if (answer == nullptr || answer->error) {
    const auto code = answer == nullptr ? 1064U : answer->error->number();
    send_packet(
        client, sequence,
        "\xff" + number(code, 2) + "#42000" + (answer == nullptr ? "not recorded" : answer->error->reason()));
    return false;
  }
  const std::uint16_t status = is_last ? 0 : more_results;
  const auto& rows = answer->rows;
  if (rows.columns().empty()) {
    send_packet(client, sequence, number(0, 3) + number(2U | status, 2) + number(0, 2));
    return true;
  }
  send_packet(client, sequence, number(rows.columns().size(), 1));
  for (const auto& column : rows.columns()) send_packet(client, sequence, column_definition(column));
  send_packet(client, sequence, end_of_rows(0));
  const auto width = rows.columns().size() - (statement == malformed_ ? 1 : 0);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::string row;
    for (std::size_t column = 0; column < width; ++column) {
      const auto text = rows[i].text(column);
      row += text ? lenenc(*text) : "\xfb";
    }
    send_packet(client, sequence, row);
  }
  send_packet(client, sequence, end_of_rows(status));
  return true;
}
