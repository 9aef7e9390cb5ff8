#include "sandbox/rogue/serve.h"

namespace rogue {
namespace {

constexpr char command_quit = 1, command_query = 3;

std::vector<std::string> statements_of(std::string_view request) {
  std::vector<std::string> statements;
  while (!request.empty()) {
    const auto end = request.find(";\n");
    statements.emplace_back(request.substr(0, end));
    request.remove_prefix(end == std::string_view::npos ? request.size() : end + 2);
  }
  return statements;
}

}  // namespace

void greet(Client& client, const Greeting& with) {
  client.send(Packets().add(greeting(with)).bytes());
}

void log_in(Client& client, const Greeting& with) {
  greet(client, with);
  client.receive_login();
  client.send(client.packets().add(ok()).bytes());
}

std::string answers(std::string_view request, Client& client, const Answer& answer) {
  auto packets = client.packets();
  const auto statements = statements_of(request);
  for (const auto& statement : statements) {
    const bool is_last = &statement == &statements.back();
    const auto rows = answer(statement, client);
    if (!rows) {
      packets.add(error(1064, "You have an error in your SQL syntax"));
      break;
    }
    add_result(packets, *rows, is_last ? 0 : status_more_results);
  }
  return packets.bytes();
}

std::string receive_query(Client& client) {
  for (;;) {
    const auto packet = client.receive_packet();
    if (packet.empty() || packet.front() == command_quit) throw Gone{};
    if (packet.front() == command_query) return packet.substr(1);
    client.send(client.packets().add(ok()).bytes());
  }
}

void serve(Client& client, const Answer& answer) {
  for (;;) client.send(answers(receive_query(client), client, answer));
}

}  // namespace rogue
