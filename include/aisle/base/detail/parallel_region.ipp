#pragma once

#include <atomic>
#include <cstdint>
#include <exception>

#include <aisle/base/parallel.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// One parallel loop. Each worker takes its own share of the indices in order, so that it finds in its cache
/// what it left there in the loop before, and then what is left of the others' shares, one by one, so that
/// uneven bodies balance themselves.
class parallel_region {
 public:
  parallel_region(std::int64_t count, int workers, parallel_body body)
      : workers_(workers), shares_(workers < most_shares ? workers : most_shares), body_(body) {
    for (std::int64_t s = 0; s < shares_; ++s) {
      share_[s].next = part(count, s);
      share_[s].end = part(count, s + 1);
    }
  }

  void work(int worker) noexcept {
    if (worker >= workers_) return;
    const int own = static_cast<int>(std::int64_t{worker} * shares_ / workers_);
    for (int s = 0; s < shares_; ++s) work_on(share_[(own + s) % shares_], worker);
  }
  void rethrow() const {
    if (failure_) std::rethrow_exception(failure_);
  }
  int next_worker() noexcept { return joined_.fetch_add(1, std::memory_order_relaxed); }

 private:
  static constexpr int most_shares = 16;
  struct alignas(64) share {  // a line of the cache each
    std::atomic<std::int64_t> next{0};
    std::int64_t end = 0;
  };

  /// The first index of share `s`, without products that overflow.
  std::int64_t part(std::int64_t count, std::int64_t s) const noexcept {
    return count / shares_ * s + count % shares_ * s / shares_;
  }

  void work_on(share& of, int worker) noexcept {
    while (!failed_.load(std::memory_order_relaxed) && of.next.load(std::memory_order_relaxed) < of.end) {
      const std::int64_t i = of.next.fetch_add(1, std::memory_order_relaxed);
      if (i >= of.end) return;
      try {
        body_.call(body_.context, i, worker);
      } catch (...) {
        if (!failed_.exchange(true)) failure_ = std::current_exception();
      }
    }
  }

  const int workers_, shares_;
  const parallel_body body_;
  share share_[most_shares];
  std::atomic<int> joined_{1};  // 0 is the caller
  std::atomic<bool> failed_{false};
  std::exception_ptr failure_;
};

inline bool& region_flag() noexcept {
  static thread_local bool inside = false;
  return inside;
}

class region_guard {
 public:
  region_guard() noexcept : before_(region_flag()) { region_flag() = true; }
  ~region_guard() { region_flag() = before_; }
  region_guard(const region_guard&) = delete;
  region_guard& operator=(const region_guard&) = delete;

 private:
  bool before_;
};

/// The calling thread's part of a region, alone or beside other workers.
inline void run_serially(parallel_region& region) noexcept {
  const region_guard guard;
  region.work(0);
}

}  // namespace detail

AISLE_NAMESPACE_END
