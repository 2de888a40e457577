#pragma once

#include <functional>
#include <thread>

// Signals of a server: the first ends what was accepted, the second everything.

namespace aisle_command {

/// In the place of main()'s handler, which ends what is under way. To be called once.
void drain_on_signals();

/// Waits for the first signal while it lives, and calls `then` in a thread of its own: at once, whatever
/// others are at. After drain_on_signals().
class signal_watch {
 public:
  explicit signal_watch(std::function<void()> then);
  ~signal_watch();
  signal_watch(const signal_watch&) = delete;
  signal_watch& operator=(const signal_watch&) = delete;

 private:
  std::thread thread_;
};

}  // namespace aisle_command
