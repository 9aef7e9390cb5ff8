// A client with one connection that can send malformed requests, too.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

struct HttpAnswer {
  int status = 0;       // 0: the connection ended without a response
  std::string headers;  // as received, including the status line
  std::string body;
};

class HttpClient {
 public:
  // Connects to 127.0.0.1. Throws std::runtime_error when it cannot connect.
  explicit HttpClient(std::uint16_t port);
  // Connects to a Unix socket. Throws likewise.
  explicit HttpClient(const std::string& path);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Sends `text` unchanged and reads one response.
  HttpAnswer send(std::string_view text, bool is_head = false);
  // Sends `text` without reading a response.
  void say(std::string_view text);
  // Shuts down the sending side.
  void end_sending();
  // Returns when data can be read, or after `patience`.
  void wait_readable(std::chrono::milliseconds patience);
  // The next bytes, "" when the connection has ended.
  std::string read_some();
  HttpAnswer get(const std::string& target, const std::string& more_headers = "");

 private:
  int socket_;
  std::string received_;
};
