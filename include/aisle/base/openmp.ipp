#pragma once

#include <aisle/base/detail/parallel_region.ipp>
#include <aisle/base/parallel.hpp>

#if AISLE_OPENMP
#include <omp.h>
#endif

// Loops by OpenMP. In aisle::compiled an object of its own (tools/compiled/openmp.cpp): all that needs an
// OpenMP runtime is here.

AISLE_NAMESPACE_BEGIN

namespace detail {

#if AISLE_OPENMP
inline void run_openmp(parallel_region& region, int threads) {
#pragma omp parallel num_threads(threads)
  {
    const region_guard guard;
    region.work(omp_get_thread_num());
  }
}
inline bool inside_openmp() noexcept { return omp_in_parallel() != 0; }
#endif

#if !AISLE_COMPILED
inline constexpr openmp_backend openmp{&run_openmp, &inside_openmp};
#elif AISLE_OPENMP
extern const openmp_backend openmp __attribute__((visibility("default"))) = {&run_openmp, &inside_openmp};
#else
extern const openmp_backend openmp __attribute__((visibility("default"))) = {nullptr, nullptr};
#endif

}  // namespace detail

AISLE_NAMESPACE_END
