#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "sandbox/rogue/client.h"
#include "sandbox/rogue/serve.h"

namespace rogue {
namespace {

Greeting with_tls() {
  Greeting made;
  made.capabilities |= capability_tls;
  return made;
}

Greeting by(std::string plugin, std::uint32_t more = 0) {
  Greeting made;
  made.plugin = std::move(plugin);
  made.capabilities |= more;
  return made;
}

// Reads until the client closes the connection.
void listen_on(Client& client) {
  for (;;) client.receive_packet();
}

// --- Before the login

void silent(Client& client) {
  listen_on(client);
}

void drip(Client& client) {
  client.drip(Packets().add(greeting({})).bytes());
  client.receive_login();
  client.drip(client.packets().add(ok()).bytes());
  listen_on(client);
}

void closed(Client&) {}

void garbage(Client& client) {
  std::string bytes(4096, '\0');
  for (auto& byte : bytes) byte = static_cast<char>(client.random()());
  client.send(bytes);
  listen_on(client);
}

void other_protocol(Client& client) {
  client.send("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
}

void old_protocol(Client& client) {
  auto with = by("");
  with.capabilities &= ~(capability_protocol_41 | 0x8000U);
  greet(client, with);
  listen_on(client);
}

void ask_by(Client& client, std::string_view packet, const Greeting& with = {}) {
  greet(client, with);
  client.receive_login();
  client.send(client.packets().add(packet).bytes());
  listen_on(client);
}

void clear_password(Client& client) {
  ask_by(client, other_plugin("mysql_clear_password"));
}
void old_password(Client& client) {
  ask_by(client, "\xfe");
}
void dialog(Client& client) {
  ask_by(client, other_plugin("dialog", "\x04Password: "));
}
void other_dialog(Client& client) {
  ask_by(client, other_plugin("mysql_clear_password"), by("dialog"));
}
void sha256_password(Client& client) {
  ask_by(client, other_plugin("sha256_password"));
}
void tls_clear_password(Client& client) {
  ask_by(client, other_plugin("mysql_clear_password"), with_tls());
}

// Requests the password itself, as if it were not cached, and sends a public key to encrypt it with if the
// client asks for one.
void caching_sha2(Client& client) {
  greet(client, by("caching_sha2_password"));
  client.receive_login();
  client.send(client.packets().add("\x01\x04").bytes());
  client.receive_packet();
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_RSA_gen(2048), EVP_PKEY_free);
  const std::unique_ptr<BIO, decltype(&BIO_free)> to(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio_PUBKEY(to.get(), key.get());
  char* bytes = nullptr;
  const auto size = BIO_get_mem_data(to.get(), &bytes);
  client.send(client.packets().add("\x01" + std::string(bytes, static_cast<std::size_t>(size))).bytes());
  listen_on(client);
}

void endless_login(Client& client) {
  greet(client);
  client.receive_login();
  for (;;) {
    client.send(client.packets().add(other_plugin("mysql_native_password")).bytes());
    client.receive_packet();
  }
}

void broken_tls(Client& client) {
  greet(client, with_tls());
  client.receive_packet();
  client.send("this is no TLS, and it is longer than the head of a record");
  listen_on(client);
}

// --- After the login

void honest(Client& client) {
  log_in(client);
  serve(client);
}

void tls(Client& client) {
  log_in(client, with_tls());
  serve(client);
}

void tls_caching_sha2(Client& client) {
  greet(client, by("caching_sha2_password", capability_tls));
  client.receive_login();
  client.send(client.packets().add("\x01\x04").bytes());
  client.receive_packet();
  client.send(client.packets().add(ok()).bytes());
  serve(client);
}

void tls_sha256_password(Client& client) {
  greet(client, by("sha256_password", capability_tls));
  client.receive_login();
  client.send(client.packets().add(other_plugin("sha256_password")).bytes());
  client.receive_packet();
  client.send(client.packets().add(ok()).bytes());
  serve(client);
}

// As MariaDB does for such accounts; accepts any signature.
void ed25519(Client& client) {
  constexpr std::size_t nonce_size = 32, signature_size = 64;
  greet(client);
  client.receive_login();
  client.send(client.packets().add(other_plugin("client_ed25519", std::string(nonce_size, 'n'))).bytes());
  const auto signature = client.receive_packet();
  client.send(
      client.packets().add(signature.size() == signature_size ? ok() : error(1045, "No signature")).bytes());
  serve(client);
}

void drip_answer(Client& client) {
  log_in(client);
  for (;;) client.drip(answers(receive_query(client), client, honest_answer));
}

// Answers every second query slowly.
void hang_sometimes(Client& client) {
  log_in(client);
  for (;;) {
    client.send(answers(receive_query(client), client, honest_answer));
    client.drip(answers(receive_query(client), client, honest_answer));
  }
}

void endless_rows(Client& client) {
  log_in(client);
  receive_query(client);
  auto begin = client.packets().add(number(1, 1)).add(column("a")).add(end_of_rows());
  client.send(begin.bytes());
  Packets rows;
  for (int i = 0; i < 1000; ++i) rows.add(row({std::string(1000, 'x')}));
  for (;;) client.send(rows.bytes());
}

void many_rows(Client& client) {
  log_in(client);
  receive_query(client);
  client.send(client.packets().add(number(1, 1)).add(column("a")).add(end_of_rows()).bytes());
  Packets rows;
  for (int i = 0; i < 10000; ++i) rows.add(row({""}));
  for (;;) client.send(rows.bytes());
}

void endless_columns(Client& client) {
  log_in(client);
  receive_query(client);
  client.send(client.packets().add(number(1, 1)).bytes());
  Packets columns;
  for (int i = 0; i < 1000; ++i) columns.add(column("a column"));
  for (;;) client.send(columns.bytes());
}

void many_columns(Client& client) {
  log_in(client);
  receive_query(client);
  client.send(client.packets().add("\xfe" + number(0xffffffffffffU, 8)).bytes());
  listen_on(client);
}

void endless_results(Client& client) {
  log_in(client);
  receive_query(client);
  Packets results;
  for (int i = 0; i < 1000; ++i) results.add(ok(status_more_results));
  for (;;) client.send(results.bytes());
}

void endless_progress(Client& client) {
  log_in(client);
  receive_query(client);
  Packets packets;
  for (int i = 0; i < 1000; ++i) packets.add("\xff\xff\xff\x01\x01\x02\x03\x04\x05" + text("a stage"));
  for (;;) client.send(packets.bytes());
}

void endless_cell(Client& client) {
  log_in(client);
  receive_query(client);
  client.send(client.packets().add(number(1, 1)).add(column("a")).add(end_of_rows()).bytes());
  const std::string part = "\xff\xff\xff" + std::string(1, '\0');
  client.send(part + "\xfe" + number(std::uint64_t{1} << 40U, 8) + std::string(0xffffff - 9, 'x'));
  std::string more = part;
  more.append(0xffffff, 'x');
  for (;;) client.send(more);
}

void replicas(Client& client) {
  log_in(client);
  serve(client, [](std::string_view statement, const Client& asker) {
    auto rows = honest_answer(statement, asker);
    for (std::size_t i = 1; statement == "SHOW SLAVE HOSTS" && i <= asker.options().amount; ++i) {
      const auto host = "127.1." + std::to_string(i / 250) + "." + std::to_string(i % 250 + 1);
      rows->rows.push_back({std::to_string(i), host, "9", "1"});
    }
    return rows;
  });
}

void names(Client& client) {
  log_in(client);
  serve(client, [](std::string_view statement, const Client& asker) {
    auto rows = honest_answer(statement, asker);
    const auto& name = asker.options().name;
    if (statement == "SHOW SLAVE HOSTS") rows->rows.push_back({"2", name, "3306", "1"});
    if (statement == "SHOW ALL SLAVES STATUS") rows->rows.push_back({"", name, "3306"});
    return rows;
  });
}

void many_names(Client& client) {
  log_in(client);
  serve(client, [](std::string_view statement, const Client& asker) {
    auto rows = honest_answer(statement, asker);
    for (std::size_t i = 1; statement == "SHOW SLAVE HOSTS" && i <= asker.options().amount; ++i) {
      auto name = "n" + std::to_string(i) + "-" + std::to_string(asker.port()) + "." + asker.options().name;
      rows->rows.push_back({std::to_string(i), std::move(name), "3306", "1"});
    }
    return rows;
  });
}

void local_infile(Client& client) {
  log_in(client);
  for (;;) {
    receive_query(client);
    client.send(client.packets().add("\xfb/etc/passwd").bytes());
  }
}

void short_rows(Client& client) {
  log_in(client);
  for (;;) {
    receive_query(client);
    auto packets = client.packets().add(number(2, 1)).add(column("a")).add(column("b")).add(end_of_rows());
    client.send(packets.add(row({"only one"})).add(end_of_rows()).bytes());
  }
}

void more_than_asked(Client& client) {
  log_in(client);
  for (;;) {
    receive_query(client);
    client.send(client.packets().add(ok()).add(ok()).add(ok()).bytes());
  }
}

// --- At any time

std::string spoilt(std::string_view bytes, std::mt19937_64& random) {
  std::string out(bytes);
  const auto below = [&](std::size_t limit) { return static_cast<std::size_t>(random() % limit); };
  for (auto changes = below(4); changes > 0 && !out.empty(); --changes) {
    const auto at = below(out.size());
    switch (below(5)) {
      case 0: out[at] = static_cast<char>(random()); break;
      case 1: out[at] = "\x00\x01\xfb\xfc\xfd\xfe\xff\x7f"[below(8)]; break;
      case 2: out.erase(at, below(16)); break;
      case 3: out.insert(at, out.substr(below(out.size()), below(64))); break;
      default: out.resize(at); break;
    }
  }
  return out;
}

void random(Client& client) {
  client.spoil_by([&client](std::string_view bytes) { return spoilt(bytes, client.random()); });
  log_in(client, client.random()() % 2 == 0 ? by("caching_sha2_password") : Greeting{});
  serve(client);
}

// Passes every statement to another server, with an account there.
void relay(Client& client) {
  if (!client.options().relayed) throw std::runtime_error("mode relay has nothing to relay to");
  const auto relayed = client.options().relayed();
  Greeting with;
  with.version = relayed->version();
  with.connection_id = relayed->connection_id();
  log_in(client, with);
  serve(client, [&](std::string_view statement, const Client&) { return relayed->answer(statement); });
}

struct Behaviour {
  Mode mode;
  void (*serve)(Client&);
};

constexpr std::array behaviours{
    Behaviour{{"honest", "answers what orchestrator asks, as a master without replicas"}, honest},
    Behaviour{{"silent", "says nothing"}, silent},
    Behaviour{{"drip", "sends a byte now and then, from its greeting on"}, drip},
    Behaviour{{"drip-answer", "logs in, and then sends a byte now and then"}, drip_answer},
    Behaviour{{"hang-sometimes", "answers well, and drips, in turn"}, hang_sometimes},
    Behaviour{{"closed", "closes each connection at once"}, closed},
    Behaviour{{"garbage", "sends random bytes"}, garbage},
    Behaviour{{"http", "speaks HTTP"}, other_protocol},
    Behaviour{{"old-protocol", "uses a protocol older than MySQL 4.1"}, old_protocol},
    Behaviour{{"clear-password", "asks for mysql_clear_password"}, clear_password},
    Behaviour{{"old-password", "asks for mysql_old_password"}, old_password},
    Behaviour{{"dialog", "asks for dialog, which prompts on a terminal"}, dialog},
    Behaviour{{"other-dialog", "names dialog in its greeting, then asks for mysql_clear_password"},
              other_dialog},
    Behaviour{{"sha256-password", "asks for sha256_password without TLS"}, sha256_password},
    Behaviour{{"caching-sha2", "wants the password itself, and has a key of its own for that"}, caching_sha2},
    Behaviour{{"endless-login", "asks for another plugin endlessly"}, endless_login},
    Behaviour{{"tls", "is honest inside TLS"}, tls},
    Behaviour{{"tls-caching-sha2", "wants the password itself inside TLS, as MySQL does"}, tls_caching_sha2},
    Behaviour{{"ed25519", "asks for client_ed25519, and is honest"}, ed25519},
    Behaviour{{"tls-sha256-password", "wants sha256_password inside TLS"}, tls_sha256_password},
    Behaviour{{"tls-clear-password", "asks for mysql_clear_password inside TLS"}, tls_clear_password},
    Behaviour{{"broken-tls", "offers TLS that it does not speak"}, broken_tls},
    Behaviour{{"endless-rows", "sends rows endlessly"}, endless_rows},
    Behaviour{{"many-rows", "sends empty rows endlessly"}, many_rows},
    Behaviour{{"endless-columns", "sends columns endlessly"}, endless_columns},
    Behaviour{{"many-columns", "says that there are columns without number"}, many_columns},
    Behaviour{{"endless-results", "sends results endlessly"}, endless_results},
    Behaviour{{"endless-progress", "sends reports of progress endlessly"}, endless_progress},
    Behaviour{{"endless-cell", "sends a cell that does not end"}, endless_cell},
    Behaviour{{"replicas", "lists many replicas"}, replicas},
    Behaviour{{"names", "has a master and a replica of an odd name"}, names},
    Behaviour{{"many-names", "lists many replicas by names of its own below a domain"}, many_names},
    Behaviour{{"local-infile", "asks for a file in answer to any query"}, local_infile},
    Behaviour{{"short-rows", "sends rows that lack a column"}, short_rows},
    Behaviour{{"more-than-asked", "answers a query three times"}, more_than_asked},
    Behaviour{{"relay", "says what another server says, where it has an account (only for tests)"}, relay},
    Behaviour{{"random", "is honest, with random changes to what it sends"}, random}};

}  // namespace

std::vector<Mode> modes() {
  std::vector<Mode> all;
  for (const auto& one : behaviours) all.push_back(one.mode);
  return all;
}

std::function<void(Client&)> behaviour(const std::string& mode) {
  const auto found = std::ranges::find_if(behaviours, [&](const auto& one) { return one.mode.name == mode; });
  if (found == behaviours.end()) throw std::runtime_error("there is no mode " + mode);
  return found->serve;
}

}  // namespace rogue
