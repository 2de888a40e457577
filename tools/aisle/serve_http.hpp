#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

// HTTP for a handler: cpp-httplib, where the command was built with it.

namespace aisle_command {

struct http_server_options {
  std::string host = "127.0.0.1";
  int port = 0;                                  ///< 0: any that is free
  std::size_t connections = 256;                 ///< that are served at a time; others wait
  std::size_t max_body = std::size_t{16} << 20;  ///< bytes of a request, unpacked
};

struct http_request {
  std::string method, path, authorization, body;
  std::string content_type;  ///< in small letters
  bool too_large = false;    ///< the body is more than max_body, and left out
};

struct http_answer {
  int status = 200;
  std::string body;
  std::string type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers{};
};

class http_server {
 public:
  /// Called by many threads at a time. What it throws becomes a 500.
  using handler = std::function<http_answer(const http_request&)>;

  /// What is missing for it; empty where nothing is.
  static std::string missing();

  /// Listens from now on; answers from start() on. Throws aisle::error where it cannot.
  http_server(const http_server_options& options, handler handle);
  /// Stops and waits.
  ~http_server();
  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;

  int port() const noexcept;
  void start();
  /// Takes no more connections; what was asked for before is answered, and who has not asked within five
  /// seconds is cut off. Returns at once; may be called again.
  void stop();
  /// That all is answered after stop(), and every connection closed.
  bool ended() const noexcept;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace aisle_command
