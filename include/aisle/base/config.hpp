#pragma once

// <windows.h> defines these; the standard library's headers undefine them too with GCC.
#undef min
#undef max

// One sentence instead of hundreds of errors; the include that cannot be found ends the compilation.
#if defined(_MSVC_LANG) ? _MSVC_LANG < 202002L : __cplusplus < 202002L
#error aisle needs C++20: compile with -std=c++20 (CMake: target_compile_features(... cxx_std_20))
#include <aisle needs C++20: compile with -std=c++20>
#endif

#include <aisle/base/abi.hpp>
#include <aisle/base/version.hpp>

// Configuration macros and the inline namespace that all of the library is in (include/README.md: "The ABI
// namespace"). Each macro is asked for its value, so 0 is off.
//
//   AISLE_COMPILED      1 is set by the target aisle::compiled: the heavy definitions (`.ipp` files) come
//   from
//                       the library; headers only declare them. Otherwise everything is inline.
//   AISLE_OPENMP        follows the compiler: 1 when _OPENMP is defined (base/parallel.hpp uses it), else 0.
//                       Define AISLE_OPENMP=0 to use the std::thread pool although -fopenmp is given.
//   AISLE_ENABLE_AVX2, AISLE_ENABLE_AVX512   0 leaves that kernel table out (compile time); default 1.

#ifndef AISLE_COMPILED
#define AISLE_COMPILED 0
#endif

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
// AISLE_EXTERN_TEMPLATE(class x<float>) stands behind a template of which the compiled library holds that
// instance: its users compile neither the template nor, whatever their -m flags, another body of it.
#if AISLE_COMPILED
#define AISLE_HEADER_ONLY 0
#define AISLE_API
#define AISLE_EXTERN_TEMPLATE(...) extern template __VA_ARGS__;
#else
#define AISLE_HEADER_ONLY 1
#define AISLE_API inline
#define AISLE_EXTERN_TEMPLATE(...)
#endif

// Behind a function whose result points into its object: Clang then warns of `view v = temporary();`, which
// no overload can tell from a temporary that is an argument and lives as long as the call.
#if defined(__clang__)
#define AISLE_LIFETIME_BOUND [[clang::lifetimebound]]
#else
#define AISLE_LIFETIME_BOUND
#endif

// Headers alone: translation units that differ in anything that changes the body of an inline function must
// not share it, as the linker keeps one of them, perhaps the one with AVX-512 in it. So all of that is in the
// name of every symbol. Compiled: one library serves every set of flags, so nothing of the including unit is
// in the names, and nothing in the headers depends on it. Types of the standard library that are laid out in
// another way are in the names of both forms: such units cannot share a library, and the linker's message
// names the macro.
#define AISLE_ABI_JOIN_IMPL(a, b, c, d, e, f) a##b##c##d##e##f
#define AISLE_ABI_JOIN(a, b, c, d, e, f) AISLE_ABI_JOIN_IMPL(a, b, c, d, e, f)
#if AISLE_COMPILED
#define AISLE_ABI_CONFIGURATION AISLE_ABI_JOIN(compiled, , , , , AISLE_ABI_LIBRARY)
#else
#if AISLE_OPENMP
#define AISLE_ABI_THREADS omp
#else
#define AISLE_ABI_THREADS std
#endif
#if AISLE_ENABLE_AVX2 && AISLE_ENABLE_AVX512
#define AISLE_ABI_TABLES
#elif AISLE_ENABLE_AVX2
#define AISLE_ABI_TABLES _no_avx512
#elif AISLE_ENABLE_AVX512
#define AISLE_ABI_TABLES _no_avx2
#else
#define AISLE_ABI_TABLES _no_avx
#endif
#define AISLE_ABI_CONFIGURATION \
  AISLE_ABI_JOIN(AISLE_ABI_ISA, _, AISLE_ABI_THREADS, AISLE_ABI_TABLES, AISLE_ABI_MATH, AISLE_ABI_LIBRARY)
#endif

#define AISLE_ABI_VERSIONED_IMPL(a, b, c, configuration) v##a##_##b##_##c##_##configuration
#define AISLE_ABI_VERSIONED(a, b, c, configuration) AISLE_ABI_VERSIONED_IMPL(a, b, c, configuration)
#define AISLE_ABI \
  AISLE_ABI_VERSIONED(AISLE_VERSION_MAJOR, AISLE_VERSION_MINOR, AISLE_VERSION_PATCH, AISLE_ABI_CONFIGURATION)

#define AISLE_NAMESPACE_BEGIN \
  namespace aisle {           \
  inline namespace AISLE_ABI {
#define AISLE_NAMESPACE_END \
  }                         \
  }
