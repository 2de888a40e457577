#pragma once

#include <atomic>
#include <cstdint>
#include <exception>

#include <aisle/base/parallel.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// One parallel loop: indices are handed out one by one, so uneven bodies balance themselves.
class parallel_region {
 public:
  parallel_region(std::int64_t count, int workers, parallel_body body)
      : count_(count), workers_(workers), body_(body) {}

  void work(int worker) noexcept {
    if (worker >= workers_) return;
    for (std::int64_t i = next_.fetch_add(1, std::memory_order_relaxed); i < count_;
         i = next_.fetch_add(1, std::memory_order_relaxed)) {
      try {
        body_.call(body_.context, i, worker);
      } catch (...) {
        if (!failed_.exchange(true)) failure_ = std::current_exception();
        next_.store(count_, std::memory_order_relaxed);
      }
    }
  }
  void rethrow() const {
    if (failure_) std::rethrow_exception(failure_);
  }
  int next_worker() noexcept { return joined_.fetch_add(1, std::memory_order_relaxed); }

 private:
  const std::int64_t count_;
  const int workers_;
  const parallel_body body_;
  std::atomic<std::int64_t> next_{0};
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
