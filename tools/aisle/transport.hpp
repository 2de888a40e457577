#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "download_queue.hpp"

// Requests over the network: libcurl, many at a time.

namespace aisle_command {

struct transport_options {
  double timeout = 10;                              ///< seconds for a connection, and without data
  std::int64_t max_bytes = std::int64_t{32} << 20;  ///< of one picture
  bool allow_private = false;                       ///< addresses that are not public; proxies too
  std::string user_agent;                           ///< empty: our own
};

/// One thread at a time may use it, but for wake().
class transport {
 public:
  explicit transport(const transport_options& options);
  ~transport();
  transport(const transport&) = delete;
  transport& operator=(const transport&) = delete;

  void start(const download_request& request);
  /// What was answered meanwhile; waits for it so long, and for wake().
  std::vector<download_answer> wait(int milliseconds);
  /// Ends the wait(), from any thread.
  void wake();
  std::size_t running() const noexcept;
  /// Bytes of pictures that are not complete yet.
  std::size_t held_bytes() const noexcept;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace aisle_command
