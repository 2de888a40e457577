#pragma once

#include <aisle/base/config.hpp>

// Opening and closing a region whose functions are compiled for another instruction set than the rest of the
// translation unit. Only kernels/dispatch.hpp opens regions. Rules inside one (each was a measured failure of
// GCC 12 or Clang 14): no #include, no std algorithm that was not included before, no OpenMP; registers
// wrapped in a struct; always_inline only between members of the region; nothing but pointers and scalars
// crosses its border.

#define AISLE_PRAGMA(x) _Pragma(#x)

#if defined(__clang__)
#define AISLE_TARGET_BEGIN(features) \
  AISLE_PRAGMA(clang attribute push(__attribute__((target(features))), apply_to = function))
#define AISLE_TARGET_END AISLE_PRAGMA(clang attribute pop)
#elif defined(__GNUC__)
#define AISLE_TARGET_BEGIN(features) AISLE_PRAGMA(GCC push_options) AISLE_PRAGMA(GCC target(features))
#define AISLE_TARGET_END AISLE_PRAGMA(GCC pop_options)
#endif

#define AISLE_ALWAYS_INLINE inline __attribute__((always_inline))
#define AISLE_NOINLINE __attribute__((noinline))
#if defined(__clang__)
#define AISLE_UNROLL(n) AISLE_PRAGMA(unroll n)
#elif defined(__GNUC__)
#define AISLE_UNROLL(n) AISLE_PRAGMA(GCC unroll n)
#endif
