#pragma once

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <exception>
#include <fstream>
#include <mutex>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <aisle/base/error.hpp>
#include <aisle/base/parallel.hpp>

#if AISLE_OPENMP
#include <omp.h>
#endif

AISLE_NAMESPACE_BEGIN

namespace detail {

AISLE_API int cgroup_cpus(const std::string& root) {
  const auto cpus = [](double quota, double period) {
    return quota > 0 && period > 0 ? std::max(1, static_cast<int>(quota / period + 0.999)) : 0;
  };
  int best = 0;
  const auto consider = [&](int n) {
    if (n > 0 && (best == 0 || n < best)) best = n;
  };
  std::ifstream groups(root + "/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const auto first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const bool v2 = controllers.empty();
    if (!v2 && controllers.find("cpu") == std::string::npos) continue;
    for (std::string path = line.substr(second + 1);; path.resize(path.find_last_of('/'))) {
      if (path == "/") path.clear();
      if (v2) {
        std::ifstream f(root + "/sys/fs/cgroup" + path + "/cpu.max");
        std::string quota;
        double period = 0;
        if (f >> quota >> period && quota != "max") consider(cpus(std::atof(quota.c_str()), period));
      } else {
        const std::string folder = root + "/sys/fs/cgroup/cpu" + path;
        std::ifstream q(folder + "/cpu.cfs_quota_us"), p(folder + "/cpu.cfs_period_us");
        double quota = 0, period = 0;
        if (q >> quota && p >> period) consider(cpus(quota, period));
      }
      if (path.empty() || path.find('/') == std::string::npos) break;
    }
  }
  return best;
}

/// What AISLE_THREADS says; 0 where it is not set, or 0. Throws option_error.
AISLE_API int threads_of_environment() {
  const char* set = std::getenv("AISLE_THREADS");
  const std::string_view text = set != nullptr ? set : "";
  int n = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (text.empty() || (code == std::errc{} && end == text.data() + text.size() && n >= 0)) return n;
  throw option_error("AISLE_THREADS is '" + std::string(text) +
                     "', expected a number of threads, or 0 for all that this process may use");
}

/// One parallel loop: indices are handed out one by one, so uneven bodies balance themselves.
class parallel_region {
 public:
  parallel_region(std::int64_t count, parallel_body body) : count_(count), body_(body) {}

  void work(int worker) noexcept {
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
  int next_worker() noexcept { return workers_.fetch_add(1, std::memory_order_relaxed); }

 private:
  const std::int64_t count_;
  const parallel_body body_;
  std::atomic<std::int64_t> next_{0};
  std::atomic<int> workers_{1};  // 0 is the caller
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

/// Process-wide workers. A loop queues one ticket for each helper it wants, works itself, takes back the
/// tickets that nobody picked up, and waits for the helpers that did. Callers on several threads may run
/// loops at the same time.
class thread_pool {
 public:
  void run(parallel_region& region, int threads) {
    job j{&region, 0};
    {
      const std::lock_guard lock(mutex_);
      while (static_cast<int>(workers_.size()) < threads - 1) workers_.emplace_back([this] { serve(); });
      for (int i = 1; i < threads; ++i) queue_.push_back(&j);
      pending_.store(static_cast<int>(queue_.size()), std::memory_order_release);
    }
    wake_.notify_all();
    {
      const region_guard guard;
      region.work(0);
    }
    std::unique_lock lock(mutex_);
    std::erase(queue_, &j);
    pending_.store(static_cast<int>(queue_.size()), std::memory_order_release);
    done_.wait(lock, [&] { return j.active == 0; });
  }

  ~thread_pool() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    wake_.notify_all();
    for (auto& t : workers_) t.join();
  }

 private:
  struct job {
    parallel_region* region;
    int active;
  };

  void serve() {
    region_flag() = true;
    for (;;) {
      // Inference is a chain of short loops: looking for the next one a while before sleeping saves a wake-up
      // each.
      for (int spin = 0; spin < 4000 && pending_.load(std::memory_order_acquire) == 0; ++spin)
        if (spin % 64 == 63) std::this_thread::yield();
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return stop_ || !queue_.empty(); });
      if (stop_) return;
      job* j = queue_.front();
      queue_.pop_front();
      pending_.store(static_cast<int>(queue_.size()), std::memory_order_release);
      ++j->active;
      lock.unlock();
      j->region->work(j->region->next_worker());
      lock.lock();
      if (--j->active == 0) done_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_, done_;
  std::deque<job*> queue_;
  std::atomic<int> pending_{0};
  std::vector<std::thread> workers_;
  bool stop_ = false;
};

/// The pool and whether this process is a fork's child. A child inherits the pool's object but not its
/// threads (and an OpenMP runtime that may wait for threads that are gone), so it leaks the old pool and
/// starts its own.
struct pool_state {
  std::atomic<bool> forked{false};
  std::atomic<thread_pool*> pool{nullptr};
  std::mutex create;

  pool_state() {
    pthread_atfork([] { get().create.lock(); }, [] { get().create.unlock(); },
                   [] {
                     get().create.unlock();
                     get().forked = true;
                     get().pool = nullptr;
                     region_flag() = false;
                   });
  }
  thread_pool& instance() {
    if (thread_pool* p = pool.load()) return *p;
    const std::lock_guard lock(create);
    if (thread_pool* p = pool.load()) return *p;
    thread_pool* p = new thread_pool;  // never destroyed: worker threads may outlive static destructors
    pool.store(p);
    return *p;
  }
  static pool_state& get() {
    static pool_state* state = new pool_state;
    return *state;
  }
};

AISLE_API void run_parallel(std::int64_t count, int threads, parallel_body body) {
  threads = thread_budget(threads);
  if (count <= 0) return;
  if (in_parallel_region()) threads = 1;
  if (threads > count) threads = static_cast<int>(count);
  parallel_region region(count, body);
  if (threads <= 1) {
    region.work(0);
  } else {
    pool_state& state = pool_state::get();
#if AISLE_OPENMP
    if (!state.forked) {
#pragma omp parallel num_threads(threads)
      {
        const region_guard guard;
        region.work(omp_get_thread_num());
      }
      region.rethrow();
      return;
    }
#endif
    state.instance().run(region, threads);
  }
  region.rethrow();
}

}  // namespace detail

AISLE_API int available_threads() {
  static const int budget = [] {
    if (const int n = detail::threads_of_environment(); n > 0) return std::min(n, 4096);
    int n = static_cast<int>(std::thread::hardware_concurrency());
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) n = CPU_COUNT(&set);
    if (const int quota = detail::cgroup_cpus(""); quota > 0) n = std::min(n, quota);
    return std::max(n, 1);
  }();
  return budget;
}

AISLE_API int thread_budget(int requested) {
  if (requested < 0)
    throw option_error("threads is " + std::to_string(requested) +
                       ", expected 0 (all the process may use) or a number of threads");
  return requested > 0 ? std::min(requested, 4096) : available_threads();
}

AISLE_API bool in_parallel_region() noexcept {
#if AISLE_OPENMP
  if (omp_in_parallel()) return true;
#endif
  return detail::region_flag();
}

AISLE_API const char* parallel_backend() noexcept { return AISLE_OPENMP ? "openmp" : "std::thread"; }

AISLE_NAMESPACE_END
