// Code shared by the modes of a rogue server.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "sandbox/rogue/client.h"

namespace rogue {

using Answer = std::function<std::optional<Rows>(std::string_view statement, const Client& client)>;

void greet(Client& client, const Greeting& with = {});
// Accepts any client.
void log_in(Client& client, const Greeting& with = {});
// The packets that answer the statements of the request, up to the first that fails.
[[nodiscard]] std::string answers(std::string_view request, Client& client, const Answer& answer);
// The next query. Throws Gone when the client has closed the connection.
std::string receive_query(Client& client);
// Answers all queries.
void serve(Client& client, const Answer& answer = honest_answer);

}  // namespace rogue
