#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string_view>

#include <aisle/base/config.hpp>

AISLE_NAMESPACE_BEGIN

/// How far a long call has come. `total` is 0 where it is not known.
struct progress_event {
  std::string_view phase;  ///< what is being done, e.g. "images", "random_forest"
  std::int64_t done = 0;
  std::int64_t total = 0;
  std::string_view unit = "items";
};

/// Called from one thread at a time, never after the call it was passed to has returned.
/// It may throw to cancel the call; the exception reaches the caller.
using progress_callback = std::function<void(const progress_event&)>;

/// Things the caller should know that are no errors (a truncated text, kernels compiled without
/// optimisation).
using warning_callback = std::function<void(std::string_view)>;

/// Progress that several workers make, told one call at a time.
class shared_progress {
 public:
  /// The callback must outlive this.
  shared_progress(const progress_callback& call, const progress_event& start) : call_(call), event_(start) {}
  void add(std::int64_t done) {
    if (!call_) return;
    const std::lock_guard lock(mutex_);
    event_.done += done;
    call_(event_);
  }

 private:
  const progress_callback& call_;
  progress_event event_;
  std::mutex mutex_;
};

AISLE_NAMESPACE_END
