#pragma once

#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstddef>

// A client's socket, read and written by one thread, with a time for everything.

namespace aisle_command {

struct connection_limits {
  double idle = 5;                                 ///< seconds until a request begins
  double head = 5;                                 ///< seconds for its headers, from its first byte on
  double request = 30, answer = 30;                ///< seconds for each as a whole, and
  double bytes_per_second = 64 << 10;              ///< one more for so many bytes that have passed
  double drain = 4;                                ///< seconds for either once the server is stopping, and
  double linger = 1;                               ///< for a client to take the last answer: five in all
  std::size_t head_bytes = 64 << 10;               ///< of a request's headers
  std::size_t late_bytes = std::size_t{16} << 20;  ///< that have come already when the time is over
};

/// When the server began to stop: it wakes all who wait for their clients.
class stopping {
 public:
  /// Throws aisle::error where the system has no file descriptor left.
  stopping();
  ~stopping();
  stopping(const stopping&) = delete;
  stopping& operator=(const stopping&) = delete;

  void begin();
  /// In aisle::steady_seconds(); infinity before.
  double since() const noexcept { return since_; }
  bool begun() const noexcept;
  /// Is readable from then on.
  int event() const noexcept { return event_; }

 private:
  int event_;
  std::atomic<double> since_;
};

class connection {
 public:
  connection(int socket, const connection_limits& limits, const stopping& stop);
  /// Closes the socket.
  ~connection();
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  /// Waits for the first byte of a request. False: there is none, or the server stops.
  bool await_request();
  /// The request's headers are read; what is read from here on is its body.
  void head_is_read();
  /// How many bytes were read, one at least; 0: the client sends no more; -1: not in time, or none can be
  /// read.
  ssize_t read(char* to, std::size_t size);
  /// All of them, or not in time.
  bool write(const char* from, std::size_t size);
  /// Says to the client that nothing more comes, and waits for it to have read that: what it still sends
  /// would otherwise make its system forget the answer.
  void finish();

  int socket() const noexcept { return socket_; }
  bool late() const noexcept { return late_; }                  ///< that the request did not come in time
  bool too_long() const noexcept { return too_long_; }          ///< that the headers are
  bool bare_newline() const noexcept { return bare_newline_; }  ///< in the headers: no two read them alike
  std::size_t body_bytes() const noexcept { return body_; }     ///< that were read
  bool client_gone() const noexcept { return client_gone_; }
  bool answered() const noexcept { return answered_; }  ///< whether write() was called since await_request()
  /// Whether bytes of another request are here already.
  bool more_waits() const noexcept { return at_ < end_; }

 private:
  enum class phase { idle, head, body };
  double deadline() const;
  ssize_t fill();
  bool wait(short what, double until) const;

  const int socket_;
  const connection_limits& limits_;
  const stopping& stop_;
  std::array<char, 16384> buffer_;
  std::size_t at_ = 0, end_ = 0;
  phase phase_ = phase::idle;
  double began_ = 0;  ///< the phase, or the request that it is of
  std::size_t requests_ = 0, head_ = 0, body_ = 0, after_time_ = 0;
  char last_ = 0;
  bool late_ = false, too_long_ = false, bare_newline_ = false, client_gone_ = false, answered_ = false;
};

}  // namespace aisle_command
