#pragma once

#include <aisle/base/version.hpp>

// Configuration macros and the ABI-tagged inline namespace.
//
//   AISLE_COMPILED      set by the target aisle::compiled: the heavy definitions (`.ipp` files) come from the
//                       library; headers only declare them. Unset: everything is inline.
//   AISLE_OPENMP        follows the compiler: 1 when _OPENMP is defined (base/parallel.hpp uses it), else 0.
//                       Define AISLE_OPENMP=0 to use the std::thread pool although -fopenmp is given.
//   AISLE_ENABLE_AVX2, AISLE_ENABLE_AVX512   0 leaves that kernel table out (compile time); default 1.

#ifndef AISLE_OPENMP
#ifdef _OPENMP
#define AISLE_OPENMP 1
#else
#define AISLE_OPENMP 0
#endif
#endif

#ifndef AISLE_ENABLE_AVX2
#define AISLE_ENABLE_AVX2 1
#endif
#ifndef AISLE_ENABLE_AVX512
#define AISLE_ENABLE_AVX512 1
#endif

#if defined(__x86_64__) || defined(_M_X64)
#define AISLE_X86 1
#else
#define AISLE_X86 0
#endif
#if defined(__aarch64__)
#define AISLE_NEON 1
#else
#define AISLE_NEON 0
#endif

// AISLE_API marks a non-template definition in an `.ipp` file: inline when the library is headers only, an
// ordinary external function inside the compiled library.
#if defined(AISLE_COMPILED)
#define AISLE_HEADER_ONLY 0
#define AISLE_API
#else
#define AISLE_HEADER_ONLY 1
#define AISLE_API inline
#endif

// Two translation units that were compiled for different baseline instruction sets or with different thread
// backends must not share the bodies of inline functions: the linker would keep one of them, and it could be
// the one with AVX-512 in it. So both choices are part of every symbol's name, as nlohmann/json does for its
// own switches.
#if defined(__AVX512F__)
#define AISLE_ABI_ISA avx512
#elif defined(__AVX2__)
#define AISLE_ABI_ISA avx2
#elif defined(__AVX__)
#define AISLE_ABI_ISA avx
#elif AISLE_NEON
#define AISLE_ABI_ISA neon
#else
#define AISLE_ABI_ISA base
#endif
#if AISLE_OPENMP
#define AISLE_ABI_THREADS omp
#else
#define AISLE_ABI_THREADS std
#endif

#define AISLE_ABI_CONCAT_IMPL(a, b, c, d) v##a##_##b##_##c##_##d
#define AISLE_ABI_CONCAT(a, b, c, d) AISLE_ABI_CONCAT_IMPL(a, b, c, d)
#define AISLE_ABI AISLE_ABI_CONCAT(AISLE_VERSION_MAJOR, AISLE_VERSION_MINOR, AISLE_ABI_ISA, AISLE_ABI_THREADS)

#define AISLE_NAMESPACE_BEGIN \
  namespace aisle {           \
  inline namespace AISLE_ABI {
#define AISLE_NAMESPACE_END \
  }                         \
  }
