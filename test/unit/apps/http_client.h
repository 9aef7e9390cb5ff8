// A client of one connection, so simple that a test can send what no client would.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

struct HttpAnswer {
  int status = 0;       // 0: the connection ended without an answer
  std::string headers;  // as they came, the status line included
  std::string body;
};

class HttpClient {
 public:
  // To 127.0.0.1. Throws std::runtime_error when it cannot connect.
  explicit HttpClient(std::uint16_t port);
  // To a socket in the file system. Throws likewise.
  explicit HttpClient(const std::string& path);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Sends `text` as it is and reads one answer.
  HttpAnswer send(std::string_view text, bool is_head = false);
  // Sends `text` and reads no answer.
  void say(std::string_view text);
  // Sends no more.
  void end_sending();
  // Returns when something can be read, or after that time.
  void wait_readable(std::chrono::milliseconds patience);
  // What comes next, "" when the connection has ended.
  std::string read_some();
  HttpAnswer get(const std::string& target, const std::string& more_headers = "");

 private:
  int socket_;
  std::string received_;
};
