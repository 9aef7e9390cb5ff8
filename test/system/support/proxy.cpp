#include "system/support/proxy.h"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <vector>

#include "sandbox/wait.h"

namespace system_test {
namespace {

constexpr const char* nginx_file = "/usr/sbin/nginx";
constexpr const char* haproxy_file = "/usr/sbin/haproxy";

bool is_nginx(ProxyKind kind) {
  return kind == ProxyKind::nginx || kind == ProxyKind::nginx_keepalive;
}

std::string nginx_configuration(ProxyKind kind, std::uint16_t port, std::uint16_t server,
                                const std::string& folder) {
  std::string temporary;
  for (const auto* what : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
    temporary += fmt::format("  {0}_temp_path {1}/{0};\n", what, folder);
  const bool keeps = kind == ProxyKind::nginx_keepalive;
  // As root, the worker must be root, too, to write to this process's files.
  return fmt::format(
      "{}daemon off;\nworker_processes 1;\npid {}/nginx.pid;\nerror_log {}/error.log;\n"
      "events {{ worker_connections 4096; }}\nhttp {{\n  access_log off;\n{}"
      "  upstream orchestrator {{ server 127.0.0.1:{}; {} }}\n"
      "  server {{\n    listen 127.0.0.1:{};\n{}"
      "    location / {{\n      proxy_pass http://orchestrator;\n      proxy_set_header Host 127.0.0.1;\n"
      "      proxy_set_header X-Forwarded-User feathers;\n"
      "      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;\n{}    }}\n  }}\n}}\n",
      geteuid() == 0 ? "user root;\n" : "", folder, folder, temporary, server, keeps ? "keepalive 8;" : "",
      port,
      keeps ? "    ignore_invalid_headers off;\n    underscores_in_headers on;\n"
              "    large_client_header_buffers 8 32k;\n"
            : "",
      keeps ? "      proxy_http_version 1.1;\n      proxy_set_header Connection \"\";\n"
              "      proxy_request_buffering off;\n"
            : "");
}

std::string haproxy_configuration(ProxyKind kind, std::uint16_t port, std::uint16_t server) {
  return fmt::format(
      "global\n  maxconn 4096\n"
      "defaults\n  mode http\n  timeout connect 5s\n  timeout client 10s\n  timeout server 10s\n"
      "  option forwardfor\n"
      "frontend front\n  bind 127.0.0.1:{}\n{}  http-request set-header X-Forwarded-User feathers\n"
      "  default_backend back\n"
      "backend back\n  http-reuse always\n  server orchestrator 127.0.0.1:{}\n",
      port, kind == ProxyKind::haproxy_lenient ? "  option accept-invalid-http-request\n" : "", server);
}

}  // namespace

std::string name_of(ProxyKind kind) {
  switch (kind) {
    case ProxyKind::nginx: return "nginx";
    case ProxyKind::nginx_keepalive: return "nginx that keeps connections";
    case ProxyKind::haproxy: return "haproxy";
    case ProxyKind::haproxy_lenient: return "haproxy that accepts invalid requests";
  }
  return "";
}

bool is_installed(ProxyKind kind) {
  return access(is_nginx(kind) ? nginx_file : haproxy_file, X_OK) == 0;
}

Proxy::Proxy(ProxyKind kind, std::uint16_t server, const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  const auto file = (folder / "configuration").string();
  std::vector<std::string> words;
  if (is_nginx(kind)) {
    std::ofstream(file) << nginx_configuration(kind, port(), server, folder.string());
    words = {nginx_file, "-p", folder.string(), "-c", file};
  } else {
    std::ofstream(file) << haproxy_configuration(kind, port(), server);
    words = {haproxy_file, "-db", "-f", file};
  }
  program_ = std::make_unique<Program>(words, folder);
  constexpr std::chrono::seconds patience{20};
  sandbox::wait_until([this] { return http_get(port(), "/api/lb-check").status != 0; }, patience,
                      name_of(kind));
}

// SIGTERM: if killed, it would leave its workers running.
Proxy::~Proxy() {
  program_->end(SIGTERM);
}

}  // namespace system_test
