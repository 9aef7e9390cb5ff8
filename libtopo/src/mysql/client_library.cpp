#include "mysql/client_library.h"

#include <errmsg.h>
#include <fmt/format.h>
#include <mysql/client_plugin.h>
#include <openssl/sha.h>

#include <array>
#include <cstdarg>
#include <cstdlib>
#include <cstring>
#include <mutex>

#include "mysql/broken.h"

namespace topo::mysql {
namespace {

// --- Virtual IO

PVIO_METHODS* library_methods = nullptr;       // the original methods
thread_local Transport* connecting = nullptr;  // the connection attempt of this thread

Transport& transport_of(MARIADB_PVIO* pvio) {
  return *static_cast<Transport*>(pvio->data);
}

// The library is written in C: exceptions must not pass through it.
template <typename Work>
bool guarded(Transport& transport, const Work& work) noexcept {
  try {
    work();
    return true;
  } catch (...) {
    transport.fail(std::current_exception());
    return false;
  }
}

my_bool io_connect(MARIADB_PVIO* pvio, MA_PVIO_CINFO* info) {
  if (connecting == nullptr) {  // a connection made by other code in this process
    pvio->methods = library_methods;
    for (const auto which : {PVIO_CONNECT_TIMEOUT, PVIO_READ_TIMEOUT, PVIO_WRITE_TIMEOUT})
      pvio->methods->set_timeout(pvio, which, static_cast<int>(info->mysql->options.connect_timeout));
    return pvio->methods->connect(pvio, info);
  }
  pvio->data = connecting;
  pvio->mysql = info->mysql;
  return guarded(*connecting, [] { connecting->connect(); }) ? 0 : 1;
}

ssize_t io_read(MARIADB_PVIO* pvio, uchar* buffer, std::size_t length) {
  auto& transport = transport_of(pvio);
  std::size_t size = 0;
  const bool did = guarded(transport, [&] {
    size = transport.read({reinterpret_cast<char*>(buffer), length});
  });
  return did ? static_cast<ssize_t>(size) : -1;
}

ssize_t io_write(MARIADB_PVIO* pvio, const uchar* buffer, std::size_t length) {
  auto& transport = transport_of(pvio);
  const bool did = guarded(transport, [&] {
    transport.write({reinterpret_cast<const char*>(buffer), length});
  });
  return did ? static_cast<ssize_t>(length) : -1;
}

my_bool io_close(MARIADB_PVIO* pvio) {
  if (pvio->data != nullptr) transport_of(pvio).close();
  pvio->data = nullptr;
  return 0;
}

my_bool io_get_handle(MARIADB_PVIO* pvio, void* handle) {
  if (pvio->data == nullptr) return 1;
  *static_cast<my_socket*>(handle) = transport_of(pvio).descriptor();
  return 0;
}

// The transport handles all timeouts.
my_bool io_set_timeout(MARIADB_PVIO*, enum_pvio_timeout, int) {
  return 0;
}
int io_get_timeout(MARIADB_PVIO*, enum_pvio_timeout) {
  return -1;
}
int io_wait(MARIADB_PVIO*, my_bool, int) {
  return 1;
}
int io_blocking(MARIADB_PVIO*, my_bool, my_bool* former) {
  if (former != nullptr) *former = 1;
  return 0;
}
my_bool io_is_blocking(MARIADB_PVIO*) {
  return 1;
}
int io_nothing(MARIADB_PVIO*) {
  return 0;
}
my_bool io_is_alive(MARIADB_PVIO*) {
  return 1;
}

PVIO_METHODS our_methods() {
  PVIO_METHODS methods{};
  methods.set_timeout = io_set_timeout;
  methods.get_timeout = io_get_timeout;
  methods.read = io_read;
  methods.write = io_write;
  methods.wait_io_or_timeout = io_wait;
  methods.blocking = io_blocking;
  methods.connect = io_connect;
  methods.close = io_close;
  methods.fast_send = io_nothing;
  methods.keepalive = io_nothing;
  methods.get_handle = io_get_handle;
  methods.is_blocking = io_is_blocking;
  methods.is_alive = io_is_alive;
  return methods;
}

// --- Authentication

using Digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

Digest sha256(std::string_view text) {
  Digest digest;
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return digest;
}

std::string_view as_text(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

// SHA256(password) ^ SHA256(SHA256(SHA256(password)) + nonce)
Digest scrambled(std::string_view password, std::string_view nonce) {
  auto answer = sha256(password);
  const auto stored = sha256(as_text(answer));
  const auto key = sha256(std::string(as_text(stored)).append(nonce));
  for (std::size_t i = 0; i < answer.size(); ++i) answer[i] ^= key[i];
  return answer;
}

bool send_password(MYSQL_PLUGIN_VIO* io, const char* password) {
  return io->write_packet(io, reinterpret_cast<const unsigned char*>(password),
                          static_cast<int>(std::strlen(password) + 1)) == 0;
}

bool is_encrypted(const MYSQL* mysql) {
  return mysql->net.pvio != nullptr && mysql->net.pvio->data != nullptr &&
         transport_of(mysql->net.pvio).encrypted();
}

// The Transport has already checked the server's request for the password; this is a second check.
int caching_sha2_password(MYSQL_PLUGIN_VIO* io, MYSQL* mysql) {
  unsigned char* packet = nullptr;
  if (io->read_packet(io, &packet) < SCRAMBLE_LENGTH) return CR_ERROR;
  const std::string nonce(reinterpret_cast<const char*>(packet), SCRAMBLE_LENGTH);
  if (mysql->passwd[0] == '\0') return io->write_packet(io, nullptr, 0) == 0 ? CR_OK : CR_ERROR;
  const auto answer = scrambled(mysql->passwd, nonce);
  if (io->write_packet(io, answer.data(), static_cast<int>(answer.size())) != 0) return CR_ERROR;
  if (io->read_packet(io, &packet) != 1) return CR_ERROR;
  constexpr unsigned char is_in_cache = 3, needs_password = 4;
  if (*packet == is_in_cache) return CR_OK;
  return *packet == needs_password && is_encrypted(mysql) && send_password(io, mysql->passwd) ? CR_OK
                                                                                              : CR_ERROR;
}

int sha256_password(MYSQL_PLUGIN_VIO* io, MYSQL* mysql) {
  unsigned char* nonce = nullptr;
  if (io->read_packet(io, &nonce) < 0) return CR_ERROR;
  return is_encrypted(mysql) && send_password(io, mysql->passwd) ? CR_OK : CR_ERROR;
}

st_mysql_client_plugin_AUTHENTICATION plugin(const char* name,
                                             int (*authenticate)(MYSQL_PLUGIN_VIO*, MYSQL*)) {
  st_mysql_client_plugin_AUTHENTICATION made{};
  made.type = MYSQL_CLIENT_AUTHENTICATION_PLUGIN;
  made.interface_version = MYSQL_CLIENT_AUTHENTICATION_PLUGIN_INTERFACE_VERSION;
  made.name = name;
  made.author = made.desc = "orchestrator";
  made.license = "Apache-2.0";
  made.authenticate_user = authenticate;
  return made;
}

void replace_plugin(MYSQL& mysql, st_mysql_client_plugin_AUTHENTICATION& ours) {
  auto* plain = reinterpret_cast<st_mysql_client_plugin*>(&ours);
  if (mysql_client_register_plugin(&mysql, plain) == plain) return;
  throw Error(Code::refused,
              fmt::format("The client library already has an unexpected plugin {}", ours.name));
}

void take_hold_of_library() {
  // The library loads these plugins before this process can refuse them.
  if (const char* plugins = std::getenv("LIBMYSQL_PLUGINS"); plugins != nullptr && *plugins != '\0') {
    throw Error(Code::refused,
                "The environment has LIBMYSQL_PLUGINS, which loads code into the client library: unset it");
  }
  mysql_library_init(0, nullptr, nullptr);
  MYSQL mysql;
  mysql_init(&mysql);
  const std::unique_ptr<MYSQL, decltype(&mysql_close)> closing(&mysql, &mysql_close);
  auto* io = reinterpret_cast<MARIADB_PVIO_PLUGIN*>(
      mysql_client_find_plugin(&mysql, "pvio_socket", MARIADB_CLIENT_PVIO_PLUGIN));
  if (io == nullptr || io->interface_version != MARIADB_CLIENT_PVIO_PLUGIN_INTERFACE_VERSION)
    throw Error(Code::refused,
                "The client library has another version than the one this program was built for");
  static auto methods = our_methods();
  library_methods = std::exchange(io->methods, &methods);

  static auto caching = plugin("caching_sha2_password", caching_sha2_password);
  static auto sha = plugin("sha256_password", sha256_password);
  replace_plugin(mysql, caching);
  replace_plugin(mysql, sha);
}

void set_flag(MYSQL& mysql, mysql_option option, bool value) {
  const my_bool flag = value ? 1 : 0;
  mysql_options(&mysql, option, &flag);
}

// Sets all options that files, the environment or defaults could otherwise influence.
void set_options(MYSQL& mysql) {
  const unsigned no = 0, tcp = MYSQL_PROTOCOL_TCP;
  mysql_options(&mysql, MYSQL_OPT_LOCAL_INFILE, &no);  // a server may request any file from its client
  mysql_options(&mysql, MYSQL_OPT_PROTOCOL, &tcp);
  mysql_options(&mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  mysql_options(&mysql, MYSQL_PLUGIN_DIR, MARIADB_PLUGINDIR);
  mysql_options(&mysql, MARIADB_OPT_RESTRICTED_AUTH,
                "mysql_native_password,client_ed25519,caching_sha2_password,sha256_password");
  set_flag(mysql, MYSQL_SECURE_AUTH, true);
  set_flag(mysql, MYSQL_OPT_RECONNECT, false);
  set_flag(mysql, MYSQL_OPT_SSL_ENFORCE, false);
  set_flag(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, false);
}

}  // namespace

void initialise_library() {
  static std::once_flag once;
  std::call_once(once, take_hold_of_library);
}

bool connect_over(MYSQL& mysql, Transport& transport, const ConnectionOptions& options) {
  set_options(mysql);
  const auto flags = CLIENT_MULTI_STATEMENTS | CLIENT_MULTI_RESULTS |
                     (options.found_rows ? static_cast<unsigned long>(CLIENT_FOUND_ROWS) : 0UL);
  connecting = &transport;
  // The library gets neither the real host nor the port: it would look for options in the host name.
  const bool connected =
      mysql_real_connect(&mysql, "localhost", options.user.c_str(), options.password.c_str(),
                         options.database.empty() ? nullptr : options.database.c_str(), 1, nullptr,
                         flags) != nullptr;
  connecting = nullptr;
  return connected;
}

}  // namespace topo::mysql
