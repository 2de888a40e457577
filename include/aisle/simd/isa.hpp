#pragma once

#include <string_view>

#include <aisle/base/config.hpp>

AISLE_NAMESPACE_BEGIN

/// What this processor and its operating system let a program use.
struct cpu_features {
  bool avx2 = false;    ///< AVX2, FMA, F16C; ymm state enabled by the system
  bool avx512 = false;  ///< AVX-512 F, BW, DQ, VL; zmm state enabled by the system
  bool avx512_bf16 = false;
  bool avx512_vnni = false;
  bool amx = false;  ///< AMX tiles with bf16, state enabled and granted to this process by the kernel
  bool neon = false;
};

/// Detected once. AMX asks the kernel for the tile state (arch_prctl ARCH_REQ_XCOMP_PERM): without that grant
/// the first tile instruction is SIGILL.
const cpu_features& detect_cpu();

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/simd/isa.ipp>
#endif
