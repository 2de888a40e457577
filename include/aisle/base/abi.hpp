#pragma once

#include <version>  // _GLIBCXX_USE_CXX11_ABI, where it is not given

// The instruction set that a translation unit is compiled for, as part of a name: a level, then a letter for
// each extension that compilers use of their own accord. -m flags that differ give names that differ.

#if defined(__AVX512F__)
#define AISLE_ABI_LEVEL avx512
#elif defined(__AVX2__)
#define AISLE_ABI_LEVEL avx2
#elif defined(__AVX__)
#define AISLE_ABI_LEVEL avx
#elif defined(__SSE4_2__)
#define AISLE_ABI_LEVEL sse42
#elif defined(__SSE4_1__)
#define AISLE_ABI_LEVEL sse41
#elif defined(__SSSE3__)
#define AISLE_ABI_LEVEL ssse3
#elif defined(__SSE3__)
#define AISLE_ABI_LEVEL sse3
#elif defined(__ARM_FEATURE_SVE)
#define AISLE_ABI_LEVEL sve
#elif defined(__aarch64__)
#define AISLE_ABI_LEVEL neon
#else
#define AISLE_ABI_LEVEL base
#endif

#if defined(__POPCNT__)
#define AISLE_ABI_A p
#else
#define AISLE_ABI_A
#endif
#if defined(__LZCNT__)
#define AISLE_ABI_B l
#else
#define AISLE_ABI_B
#endif
#if defined(__BMI__)
#define AISLE_ABI_C b
#else
#define AISLE_ABI_C
#endif
#if defined(__BMI2__)
#define AISLE_ABI_D i
#else
#define AISLE_ABI_D
#endif
#if defined(__MOVBE__)
#define AISLE_ABI_E m
#else
#define AISLE_ABI_E
#endif
#if defined(__F16C__)
#define AISLE_ABI_F h
#else
#define AISLE_ABI_F
#endif
#if defined(__FMA__)
#define AISLE_ABI_G f
#else
#define AISLE_ABI_G
#endif
#if defined(__AVX512VL__)
#define AISLE_ABI_H v
#else
#define AISLE_ABI_H
#endif
#if defined(__AVX512BW__)
#define AISLE_ABI_I w
#else
#define AISLE_ABI_I
#endif
#if defined(__AVX512DQ__)
#define AISLE_ABI_J d
#else
#define AISLE_ABI_J
#endif
#if defined(__AVX512CD__)
#define AISLE_ABI_K c
#else
#define AISLE_ABI_K
#endif
#if defined(__AVX512VBMI__)
#define AISLE_ABI_L x
#else
#define AISLE_ABI_L
#endif
#if defined(__AVX512VNNI__) || defined(__AVXVNNI__)
#define AISLE_ABI_M n
#else
#define AISLE_ABI_M
#endif
#if defined(__AVX512FP16__) || defined(__ARM_FEATURE_FP16_SCALAR_ARITHMETIC)
#define AISLE_ABI_N q
#else
#define AISLE_ABI_N
#endif
#if defined(__ARM_FEATURE_ATOMICS)
#define AISLE_ABI_O a
#else
#define AISLE_ABI_O
#endif
#if defined(__ARM_FEATURE_DOTPROD)
#define AISLE_ABI_P o
#else
#define AISLE_ABI_P
#endif

#define AISLE_ABI_ISA_IMPL(level, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p) \
  level##a##b##c##d##e##f##g##h##i##j##k##l##m##n##o##p
#define AISLE_ABI_ISA_OF(level, ...) AISLE_ABI_ISA_IMPL(level, __VA_ARGS__)
#define AISLE_ABI_ISA                                                                                \
  AISLE_ABI_ISA_OF(AISLE_ABI_LEVEL, AISLE_ABI_A, AISLE_ABI_B, AISLE_ABI_C, AISLE_ABI_D, AISLE_ABI_E, \
                   AISLE_ABI_F, AISLE_ABI_G, AISLE_ABI_H, AISLE_ABI_I, AISLE_ABI_J, AISLE_ABI_K,     \
                   AISLE_ABI_L, AISLE_ABI_M, AISLE_ABI_N, AISLE_ABI_O, AISLE_ABI_P)

// What changes the layout of the standard library's own types: containers that check themselves, strings of
// before C++11.
#if defined(_GLIBCXX_DEBUG)
#define AISLE_ABI_CONTAINERS _GLIBCXX_DEBUG_is_on
#elif defined(_LIBCPP_ENABLE_DEBUG_MODE) || (defined(_LIBCPP_DEBUG) && _LIBCPP_DEBUG >= 1)
#define AISLE_ABI_CONTAINERS _LIBCPP_DEBUG_is_on
#else
#define AISLE_ABI_CONTAINERS
#endif
#if defined(_GLIBCXX_USE_CXX11_ABI)
#if !_GLIBCXX_USE_CXX11_ABI
#define AISLE_ABI_STRINGS _GLIBCXX_USE_CXX11_ABI_is_0
#endif
#endif
#ifndef AISLE_ABI_STRINGS
#define AISLE_ABI_STRINGS
#endif
#define AISLE_ABI_LIBRARY_IMPL(containers, strings) containers##strings
#define AISLE_ABI_LIBRARY_OF(containers, strings) AISLE_ABI_LIBRARY_IMPL(containers, strings)
#define AISLE_ABI_LIBRARY AISLE_ABI_LIBRARY_OF(AISLE_ABI_CONTAINERS, AISLE_ABI_STRINGS)

#if defined(__FAST_MATH__)
#define AISLE_ABI_MATH _fast
#else
#define AISLE_ABI_MATH
#endif
