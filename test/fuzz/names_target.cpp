#include <arpa/inet.h>
#include <fmt/format.h>
#include <re2/re2.h>

#include <charconv>

#include "fuzz/targets.h"
#include "inspect/facts.h"
#include "topo/base/error.h"
#include "topo/base/instance_key.h"

namespace fuzz {
namespace {

using topo::InstanceKey;
using Rows = std::vector<std::vector<std::optional<std::string>>>;

// The rules of InstanceKey, implemented a second time and differently. A zone is that of an interface.
bool is_host(std::string_view host) {
  static const re2::RE2 name("([A-Za-z0-9_][A-Za-z0-9_-]{0,62}[.])*[A-Za-z0-9_][A-Za-z0-9_-]{0,62}");
  static const re2::RE2 ipv6("([0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)(?:%[A-Za-z0-9._-]{1,32})?");
  static const re2::RE2 number("(?:.*[.])?(?:[0-9]+|0[xX][0-9A-Fa-f]*)");
  static const re2::RE2 byte_wise("(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:[.]|$)){4}");
  const re2::StringPiece text(host.data(), host.size());
  std::string address;
  if (re2::RE2::FullMatch(text, ipv6, &address)) {
    in6_addr binary{};
    return inet_pton(AF_INET6, address.c_str(), &binary) == 1;
  }
  if (host.size() > 253 || host == "_" || !re2::RE2::FullMatch(text, name)) return false;
  return !re2::RE2::FullMatch(text, number) || (re2::RE2::FullMatch(text, byte_wise) && !host.ends_with('.'));
}

// As is_host, but a name may end in a dot.
bool may_be_reported(std::string_view host) {
  if (host.size() > 1 && host.ends_with('.') && host.find(':') == std::string_view::npos)
    host.remove_suffix(1);
  return is_host(host);
}

void require_key(const InstanceKey& key) {
  require(is_host(key.hostname()) && key.port() != 0, "a key that is not a valid host and port");
  require(InstanceKey::parse(key.display(), 1) == key, "not the same when read again");
  require(InstanceKey(key.hostname(), key.port()) == key, "not the same when made again");
}

template <typename Read>
std::size_t key_or_error(Read read) {
  try {
    require_key(read());
    return 1;
  } catch (const topo::Error& error) {
    require(error.code() == topo::Code::invalid_argument, "odd code");
    require_sentence(error.what(), 500);
    return 0;
  }
}

void require_warnings(const topo::Instance& instance, bool has_some) {
  require(instance.warnings.empty() != has_some, "a name is followed, or is a warning");
  for (const auto& warning : instance.warnings) require_sentence(warning, 500);
}

// A server's report of its master (Master_Host) and of its replicas.
void tell(const std::string& host, std::int64_t port) {
  const auto itself = [](const InstanceKey& told) { return told; };
  const auto port_text = fmt::format("{}", port);
  const bool is_key = may_be_reported(host) && port >= 1 && port <= 65535;
  require(InstanceKey::from_reported(host, port).has_value() == is_key, "what is told is taken as it is not");

  topo::Instance replica;
  replica.key = {"db1", 3306};
  const topo::mysql::ResultSet status({"Master_Host", "Master_Port", "Slave_IO_Running", "Slave_SQL_Running"},
                                      Rows{{host, port_text, "Yes", "Yes"}});
  topo::inspect::apply_replica_status(status, itself, replica);
  for (const auto& channel : replica.channels) {
    require(channel.master.has_value() == is_key,
            "a master is followed that names no server, or the reverse");
    if (is_key) require_key(*channel.master);
  }
  require_warnings(replica, !replica.channels.empty() && !is_key && !host.empty() && host != "_");

  topo::Instance master;
  master.key = {"db1", 3306};
  const topo::mysql::ResultSet registered({"Server_id", "Host", "Port", "Master_id"},
                                          Rows{{"2", host, port_text, "1"}});
  topo::inspect::apply_replica_hosts(&registered, {host}, itself, master);
  for (const auto& key : master.replica_hosts) require_key(key);
  for (const auto& warning : master.warnings) require_sentence(warning, 500);
}

std::size_t run_names(std::string_view input) {
  const auto end = input.find('\n');
  const std::string host(input.substr(0, end));
  const std::string port(end == std::string_view::npos ? "3306" : input.substr(end + 1));
  std::int64_t number = 3306;
  std::from_chars(port.data(), port.data() + port.size(), number);
  tell(host, number);
  return key_or_error([&] { return InstanceKey::parse(input, 3306); }) +
         key_or_error([&] { return InstanceKey::parse(host + ':' + port, 3306); }) +
         key_or_error([&] { return InstanceKey::from_parts(host, port); });
}

std::vector<std::string> corpus_of_names() {
  return {"db1",
          "db1:3306",
          "db1\n3306",
          "127.0.0.1:22987",
          "[::1]:3306",
          "2001:db8::1",
          "[fe80::1%eth0]",
          "fe80::1%eth0\n65535",
          " db-1.example.com:1 ",
          "db_1.example.com.\n1",
          "x;host=127.0.0.1;local-infile=1",
          "a,b\n3306",
          "-h",
          "_\n3306",
          std::string(63, 'a') + "." + std::string(63, 'b') + "." + std::string(63, 'c') + "." +
              std::string(61, 'd')};
}

std::vector<std::string> words_of_names() {
  return {"\n",       ":",     "::",
          "%",        "[",     "]",
          ";",        ",",     ".",
          "-",        "_",     "0x7f",
          "127.1",    "0177",  "::ffff:1.2.3.4",
          "65535",    "65536", "host=",
          "\xc3\xa4", "xn--",  std::string("\0", 1),
          "\x1b[2J",  "\r\n",  "\xe2\x80\xae"};
}

}  // namespace

const Target names{run_names, corpus_of_names, words_of_names};

}  // namespace fuzz
