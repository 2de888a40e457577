#pragma once

#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <limits>
#include <mutex>
#include <new>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include <aisle/base/detail/parallel_region.ipp>
#include <aisle/base/error.hpp>
#include <aisle/base/parallel.hpp>

#if AISLE_HEADER_ONLY && AISLE_OPENMP
#include <aisle/base/openmp.ipp>
#endif

AISLE_NAMESPACE_BEGIN

namespace detail {

#if AISLE_COMPILED
// Weak: absent from programs of which no part is compiled with OpenMP. Never hidden, as only the linker
// knows.
extern const openmp_backend openmp __attribute__((weak, visibility("default")));
#endif

/// The OpenMP backend, or null.
inline const openmp_backend* find_openmp() noexcept {
#if AISLE_COMPILED
  return &openmp != nullptr && openmp.run != nullptr ? &openmp : nullptr;
#elif AISLE_OPENMP
  return &openmp;
#else
  return nullptr;
#endif
}

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

/// Process-wide workers. A loop queues one ticket for each helper it wants, works itself, takes back the
/// tickets that nobody picked up, and waits for the helpers that did. Callers on several threads may run
/// loops at the same time.
class thread_pool {
 public:
  void run(parallel_region& region, int threads) {
    job j{&region, 0};
    {
      const std::lock_guard lock(mutex_);
      // Where the system gives no more threads, or memory for them, those there are do it.
      try {
        while (!stop_ && static_cast<int>(workers_.size()) < threads - 1)
          workers_.emplace_back([this] { serve(); });
      } catch (const std::system_error&) {
      } catch (const std::bad_alloc&) {
      }
      try {
        const int helpers = std::min(threads - 1, static_cast<int>(workers_.size()));
        for (int i = 0; i < helpers; ++i) queue_.push_back(&j);
      } catch (const std::bad_alloc&) {
      }
      pending_.store(static_cast<int>(queue_.size()), std::memory_order_release);
    }
    wake_.notify_all();
    run_serially(region);
    std::unique_lock lock(mutex_);
    std::erase(queue_, &j);
    pending_.store(static_cast<int>(queue_.size()), std::memory_order_release);
    done_.wait(lock, [&] { return j.active == 0; });
  }

  ~thread_pool() { stop(); }

  /// Ends the threads; loops that come later run on their callers alone.
  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    wake_.notify_all();
    for (auto& t : workers_) t.join();
    workers_.clear();
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

/// The pool and what became of it. A fork's child inherits the pool's object but not its threads (and an
/// OpenMP runtime that may wait for threads that are gone), so it leaks the old pool and starts its own. When
/// this library is unloaded or the process exits the threads end, since their code may be unmapped next.
class pool_state {
 public:
  static pool_state& get() {
    // Never destroyed: destructors of other globals may run loops.
    alignas(pool_state) static std::byte storage[sizeof(pool_state)];
    static pool_state* const state = new (storage) pool_state;
    static const closer at_unload;
    return *state;
  }

  bool forked() const noexcept { return forked_; }

  void run(parallel_region& region, int threads) {
    ++callers_;
    if (thread_pool* const p = instance())
      p->run(region, threads);
    else
      run_serially(region);
    --callers_;
  }

 private:
  struct closer {
    ~closer() { get().close(); }
  };

  pool_state() {
    // Asked for when the library is loaded (`forks` below): the process may have run OpenMP's threads, and
    // fork, before its first loop of ours.
    pthread_atfork([] { get().create_.lock(); }, [] { get().create_.unlock(); },
                   [] {
                     get().create_.unlock();
                     get().forked_ = true;
                     get().pool_ = nullptr;
                     region_flag() = false;
                   });
  }

  /// Null once closed.
  thread_pool* instance() {
    if (thread_pool* p = pool_.load()) return p;
    const std::lock_guard lock(create_);
    if (pool_.load() == nullptr && !closed_) pool_.store(new thread_pool);
    return pool_.load();
  }

  void close() {
    if (region_flag()) return;  // exit() from the body of a loop: a worker cannot wait for itself
    thread_pool* p = nullptr;
    {
      const std::lock_guard lock(create_);
      closed_ = true;
      p = pool_.exchange(nullptr);
    }
    if (p == nullptr) return;
    p->stop();
    if (callers_ == 0) delete p;  // else another thread still runs a loop: it ends without help
  }

  std::atomic<bool> forked_{false};
  std::atomic<thread_pool*> pool_{nullptr};
  std::atomic<int> callers_{0};
  bool closed_ = false;
  std::mutex create_;
};

#if AISLE_COMPILED
[[maybe_unused]] static const pool_state& forks = pool_state::get();
#else
inline const pool_state& forks = pool_state::get();
#endif

/// Returns when the system no longer counts the thread, which it does a while after it was joined: on a busy
/// machine for as long as others run before it. At most a second.
AISLE_API void await_uncounted(long thread_id) noexcept {
  const auto counted = [&] { return ::syscall(SYS_tgkill, ::getpid(), thread_id, 0) == 0; };
  for (int tries = 0; tries < 100 && counted(); ++tries) std::this_thread::yield();
  for (int tries = 0; tries < 1000 && counted(); ++tries)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

/// How many of `wanted` threads the system gives at one time, found by starting them.
AISLE_API int threads_to_be_had(int wanted) noexcept {
  std::mutex gate;
  std::vector<std::thread> started;
  std::vector<long> ids;
  {
    const std::lock_guard closed(gate);
    try {
      started.reserve(static_cast<std::size_t>(wanted));
      ids.reserve(static_cast<std::size_t>(wanted));
      while (static_cast<int>(started.size()) < wanted)
        started.emplace_back([&] {
          const std::lock_guard wait(gate);
          ids.push_back(::syscall(SYS_gettid));
        });
    } catch (const std::exception&) {
    }
  }
  for (std::thread& t : started) t.join();
  for (const long id : ids) await_uncounted(id);
  return static_cast<int>(started.size());
}

/// The team that OpenMP can be asked for: its runtimes end the process where a thread cannot be started. Each
/// calling thread has a team of its own there, so that it asks first where its team grows.
AISLE_API int openmp_team(int threads) noexcept {
  static thread_local int team = 1, limit = std::numeric_limits<int>::max();
  threads = std::min(threads, limit);
  if (threads > team) {
    const int had = team + threads_to_be_had(threads - team);
    if (had < threads) limit = threads = had;
  }
  return team = threads;
}

AISLE_API void run_parallel(std::int64_t count, int threads, parallel_body body) {
  threads = thread_budget(threads);
  if (count <= 0) return;
  const int workers = in_parallel_region() ? 1 : static_cast<int>(std::min<std::int64_t>(threads, count));
  parallel_region region(count, workers, body);
  if (workers <= 1) {
    region.work(0);
  } else if (const openmp_backend* const omp = find_openmp(); omp && !pool_state::get().forked()) {
    // The whole team for a short loop too: GCC's runtime ends the threads that a smaller one leaves out, and
    // starts others for the next.
    omp->run(region, openmp_team(threads));
  } else {
    pool_state::get().run(region, workers);
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
  if (const detail::openmp_backend* const omp = detail::find_openmp(); omp && omp->inside()) return true;
  return detail::region_flag();
}

AISLE_API const char* parallel_backend() noexcept { return detail::find_openmp() ? "openmp" : "std::thread"; }

AISLE_NAMESPACE_END
