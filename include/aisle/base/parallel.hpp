#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>

#include <aisle/base/config.hpp>

// The only place of the library that starts threads. With OpenMP its team runs the loop, otherwise a
// process-wide pool of std::thread does; both obey the same rules:
//   - a call from inside a parallel region (ours or the caller's OpenMP region) runs serially on the calling
//   thread;
//   - the first exception thrown by the body reaches the caller, the remaining indices are abandoned;
//   - a process that forked goes on working (the child never waits for threads it did not inherit);
//   - a plugin that is unloaded leaves no thread behind; destructors of other globals may still run loops;
//   - a worker begins with its own share of the indices, the same part of every loop: what it wrote is in its
//   cache when the next loop reads it; then it takes what is left of the others' shares;
//   - no thread is pinned.

AISLE_NAMESPACE_BEGIN

/// Threads the process may use: min(CPU affinity, cgroup quota rounded up), at least 1. AISLE_THREADS
/// overrides it; throws option_error where that is no number.
int available_threads();

/// What a `threads` option means: a number asked for is taken as it is (up to 4096), also above
/// available_threads(): who asks for more workers than there are CPUs gets them. 0 means available_threads().
/// Throws option_error for a negative number.
int thread_budget(int requested);

/// True while the calling thread runs inside a parallel region.
bool in_parallel_region() noexcept;

/// "openmp" or "std::thread".
const char* parallel_backend() noexcept;

namespace detail {
struct parallel_body {
  void (*call)(void* context, std::int64_t index, int worker);
  void* context;
};
/// CPUs that the cgroups of this process allow, 0 if unlimited. Reads version 2 (cpu.max) and version 1 (cfs
/// quota), from the process's own group up to the root, and takes the smallest. `root` stands before /proc
/// and /sys.
int cgroup_cpus(const std::string& root);
void run_parallel(std::int64_t count, int threads, parallel_body body);

class parallel_region;
/// Loops by OpenMP's threads (base/openmp.ipp).
struct openmp_backend {
  void (*run)(parallel_region& region, int threads);  ///< null: this library was built without
  bool (*inside)() noexcept;                          ///< in an OpenMP region, ours or another's
};
#if AISLE_COMPILED
// A member of the compiled library by itself: those bring it in who are compiled with OpenMP themselves, and
// the others need no OpenMP runtime to link.
extern const openmp_backend openmp;
#if AISLE_OPENMP
[[gnu::used]] static const openmp_backend* const wants_openmp = &openmp;
#endif
#endif
}  // namespace detail

/// Calls body(index) or body(index, worker) for every index in [0, count), in no particular order, on at most
/// `threads` threads (0: all available). `worker` is in [0, threads): per-worker scratch can be indexed by
/// it. Results must not depend on which worker handles which index.
template <class Body>
void parallel_for(std::int64_t count, int threads, Body&& body) {
  using body_type = std::remove_reference_t<Body>;
  if constexpr (std::is_function_v<body_type>) {
    auto* const function = &body;
    return parallel_for(count, threads, function);
  } else {
    const auto call = [](void* context, std::int64_t index, [[maybe_unused]] int worker) {
      auto& f = *static_cast<body_type*>(context);
      if constexpr (std::is_invocable_v<body_type&, std::int64_t, int>)
        f(index, worker);
      else
        f(index);
    };
    using pointer = std::add_pointer_t<std::remove_const_t<body_type>>;
    detail::run_parallel(count, threads, {call, const_cast<pointer>(std::addressof(body))});
  }
}

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/base/parallel.ipp>
#endif
