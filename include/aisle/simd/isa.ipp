#pragma once

#include <cstdint>

#include <aisle/base/process.hpp>
#include <aisle/simd/isa.hpp>

#if AISLE_X86
#include <cpuid.h>
#endif

AISLE_NAMESPACE_BEGIN

namespace detail {

#if AISLE_X86
AISLE_API std::uint64_t read_xcr0() {
  std::uint32_t low = 0, high = 0;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return static_cast<std::uint64_t>(high) << 32 | low;
}
#endif

AISLE_API cpu_features detect_features() {
  cpu_features f;
#if AISLE_X86
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (!__get_cpuid(1, &a, &b, &c, &d)) return f;
  const bool osxsave = c & (1u << 27), avx = c & (1u << 28), fma = c & (1u << 12), f16c = c & (1u << 29);
  if (!osxsave || !avx) return f;
  const std::uint64_t xcr0 = read_xcr0();
  const bool ymm = (xcr0 & 0x6) == 0x6, zmm = (xcr0 & 0xE6) == 0xE6, tiles = (xcr0 & 0x60000) == 0x60000;
  unsigned a7 = 0, b7 = 0, c7 = 0, d7 = 0;
  if (!__get_cpuid_count(7, 0, &a7, &b7, &c7, &d7)) return f;
  f.avx2 = ymm && fma && f16c && (b7 & (1u << 5));
  constexpr unsigned f_dq_bw_vl = (1u << 16) | (1u << 17) | (1u << 30) | (1u << 31);
  f.avx512 = f.avx2 && zmm && (b7 & f_dq_bw_vl) == f_dq_bw_vl;
  f.avx512_vnni = f.avx512 && (c7 & (1u << 11));
  unsigned a71 = 0, b71 = 0, c71 = 0, d71 = 0;
  if (a7 >= 1 && __get_cpuid_count(7, 1, &a71, &b71, &c71, &d71))
    f.avx512_bf16 = f.avx512 && (a71 & (1u << 5));
  const bool amx_bf16 = d7 & (1u << 22), amx_tile = d7 & (1u << 24);
  f.amx = f.avx512 && tiles && amx_bf16 && amx_tile && request_amx_state();
#elif AISLE_NEON
  f.neon = true;
#endif
  return f;
}

}  // namespace detail

AISLE_API const cpu_features& detect_cpu() {
  static const cpu_features features = detail::detect_features();
  return features;
}

AISLE_NAMESPACE_END
