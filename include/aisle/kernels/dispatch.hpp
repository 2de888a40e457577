#pragma once

// The only file that opens instruction-set regions: each block below compiles the same leaf kernels for one
// instruction set, in a namespace of its own, and fills a kernel table from them. To add one: a vec_*.inl and
// a block here.

// Everything the regions use is included before the first of them.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include <aisle/base/error.hpp>
#include <aisle/kernels/table.hpp>
#include <aisle/simd/isa.hpp>
#include <aisle/simd/target.hpp>

#if AISLE_X86
#include <immintrin.h>
#elif AISLE_NEON
#include <arm_neon.h>
#endif

// The tables of the leaf kernels of the current region.
#define AISLE_KERNEL_TABLES(region_name)                                                                   \
  inline constexpr kernel_table table = {                                                                  \
      #region_name,                                                                                        \
      supported,                                                                                           \
      region::region_name,                                                                                 \
      {"fma", gemm_shape<vec>::rows, gemm_panel<vec>::nr, gemm_shape<vec>::mc, gemm_packed_bytes<vec>,     \
       gemm_pack<vec>, nullptr, gemm_block_kernel<vec>},                                                   \
      {"fma", gemm_shape<vecd>::rows, gemm_panel<vecd>::nr, gemm_shape<vecd>::mc, gemm_packed_bytes<vecd>, \
       gemm_pack<vecd>, nullptr, gemm_block_kernel<vecd>},                                                 \
      attention_kernel,                                                                                    \
      attention_scratch_floats,                                                                            \
      layer_norm_kernel,                                                                                   \
      softmax_kernel,                                                                                      \
      embedding_kernel,                                                                                    \
      column_sum_kernel,                                                                                   \
      affine_kernel,                                                                                       \
  };                                                                                                       \
  struct rarely {                                                                                          \
    static constexpr map_kernels maps = {column_squares_kernel, depthwise_kernel, max_pool_kernel,         \
                                         average_pool_kernel};                                             \
    static constexpr winograd_kernels winograd = {winograd_input_kernel, winograd_output_kernel};          \
    static constexpr resize_kernels resize = {resize_horizontal_kernel, resize_vertical_kernel};           \
    static constexpr optimizer_kernels optimizer = {adam_kernel};                                          \
    static constexpr peak_kernels peak = {peak_kernel};                                                    \
  };

AISLE_NAMESPACE_BEGIN
namespace kernels {

// Register and cache blocks. rows x cols vectors of accumulators, plus cols vectors of B and a broadcast of
// A, must fit the register file; rows is also limited by the row pointers that fit the general registers. kc
// elements of a row strip stay in L1, mc rows of A and a panel of B in L2.

// SSE2 has 16 registers of 4 floats.
namespace generic {
#include <aisle/simd/vec_generic.inl>
template <class V>
struct gemm_shape {
  static constexpr int rows = 4, cols = 2, mc = 64;
  static constexpr std::int64_t kc = 384;
};
#include <aisle/kernels/leaf.inl>
inline bool supported() noexcept { return true; }
AISLE_KERNEL_TABLES(generic)
}  // namespace generic

#if AISLE_X86 && AISLE_ENABLE_AVX2
AISLE_TARGET_BEGIN("avx2,fma,f16c")
// 16 registers: 12 accumulators, 2 of B, 1 of A.
namespace avx2 {
#include <aisle/simd/vec_avx2.inl>
template <class V>
struct gemm_shape {
  static constexpr int rows = 6, cols = 2, mc = 96;
  static constexpr std::int64_t kc = 384;
};
#include <aisle/kernels/leaf.inl>
inline bool supported() noexcept { return detect_cpu().avx2; }
AISLE_KERNEL_TABLES(avx2)
}  // namespace avx2
AISLE_TARGET_END
#endif

#if AISLE_X86 && AISLE_ENABLE_AVX512
AISLE_TARGET_BEGIN("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c")
// 32 registers: 24 accumulators, 3 of B, 1 of A.
namespace avx512 {
#include <aisle/simd/vec_avx512.inl>
template <class V>
struct gemm_shape {
  static constexpr int rows = 8, cols = 3, mc = 96;
  static constexpr std::int64_t kc = 384;
};
#include <aisle/kernels/leaf.inl>
inline bool supported() noexcept { return detect_cpu().avx512; }
AISLE_KERNEL_TABLES(avx512)
}  // namespace avx512
AISLE_TARGET_END

AISLE_TARGET_BEGIN("amx-tile,amx-bf16,avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c")
namespace amx {
#include <aisle/simd/vec_avx512.inl>
#include <aisle/simd/tiles_amx.inl>
#include <aisle/kernels/math.inl>
#include <aisle/kernels/gemm_split.inl>
inline void block(const gemm_block<float>& g) noexcept { split::block<amx_tiles>(g); }
}  // namespace amx
AISLE_TARGET_END
#endif

#if AISLE_NEON
// 32 registers of 4 floats: 24 accumulators, 3 of B.
namespace neon {
#include <aisle/simd/vec_neon.inl>
template <class V>
struct gemm_shape {
  static constexpr int rows = 8, cols = 3, mc = 96;
  static constexpr std::int64_t kc = 384;
};
#include <aisle/kernels/leaf.inl>
inline bool supported() noexcept { return detect_cpu().neon; }
AISLE_KERNEL_TABLES(neon)
}  // namespace neon
#endif

#undef AISLE_KERNEL_TABLES

namespace detail {

/// The split product by itself, its tiles emulated: everywhere, so that packing and plan are proven on every
/// machine.
namespace emulated {
#include <aisle/simd/vec_generic.inl>
#include <aisle/kernels/math.inl>
#include <aisle/kernels/gemm_split.inl>
inline void block(const gemm_block<float>& g) noexcept { split::block<split::emulated_tiles>(g); }
}  // namespace emulated

inline const kernel_table& best_vector_table() {
#if AISLE_X86 && AISLE_ENABLE_AVX512
  if (avx512::supported()) return avx512::table;
#endif
#if AISLE_X86 && AISLE_ENABLE_AVX2
  if (avx2::supported()) return avx2::table;
#endif
#if AISLE_NEON
  return neon::table;
#else
  return generic::table;
#endif
}

/// The best vector kernels with the split product in place of the plain one: on request only, as it is not
/// tuned. Its packed weights take 6 bytes a number instead of 4.
inline const kernel_table& amx_table() {
  static const kernel_table table = [] {
    kernel_table t = best_vector_table();
    t.name = "amx";
    t.supported = []() noexcept { return true; };
    t.f32 = {"bf16x6 (emulated)",
             32,
             32,
             64,
             emulated::split::packed_bytes,
             emulated::split::pack,
             emulated::split::scratch_bytes,
             emulated::block};
#if AISLE_X86 && AISLE_ENABLE_AVX512
    if (detect_cpu().amx) {
      t.f32.arithmetic = "bf16x6";
      t.f32.block = amx::block;
    }
#endif
    return t;
  }();
  return table;
}

}  // namespace detail

namespace detail {

/// What `pick` takes from the tables beside a kernel_table, of the region that table comes from.
template <class Pick>
const auto& beside(const kernel_table& table, Pick pick) noexcept {
  switch (table.region) {
#if AISLE_X86 && AISLE_ENABLE_AVX512
    case region::avx512:
      return pick(avx512::rarely());
#endif
#if AISLE_X86 && AISLE_ENABLE_AVX2
    case region::avx2:
      return pick(avx2::rarely());
#endif
#if AISLE_NEON
    case region::neon:
      return pick(neon::rarely());
#endif
    default:
      return pick(generic::rarely());
  }
}

}  // namespace detail

AISLE_API const map_kernels& map_kernels_of(const kernel_table& table) noexcept {
  return detail::beside(
      table, [](auto of) -> const auto& { return of.maps; });
}
AISLE_API const winograd_kernels& winograd_kernels_of(const kernel_table& table) noexcept {
  return detail::beside(
      table, [](auto of) -> const auto& { return of.winograd; });
}
AISLE_API const resize_kernels& resize_kernels_of(const kernel_table& table) noexcept {
  return detail::beside(
      table, [](auto of) -> const auto& { return of.resize; });
}
AISLE_API const optimizer_kernels& optimizer_kernels_of(const kernel_table& table) noexcept {
  return detail::beside(
      table, [](auto of) -> const auto& { return of.optimizer; });
}
AISLE_API const peak_kernels& peak_kernels_of(const kernel_table& table) noexcept {
  return detail::beside(
      table, [](auto of) -> const auto& { return of.peak; });
}

AISLE_API std::span<const kernel_table* const> all_tables() {
  static const std::vector<const kernel_table*> tables = {
    &generic::table,
#if AISLE_X86 && AISLE_ENABLE_AVX2
    &avx2::table,
#endif
#if AISLE_X86 && AISLE_ENABLE_AVX512
    &avx512::table,
#endif
#if AISLE_NEON
    &neon::table,
#endif
    &detail::amx_table(),
  };
  return tables;
}

AISLE_API const kernel_table& find_table(std::string_view name) {
  if (name.empty()) return best_table();
  std::string names;
  for (const kernel_table* t : all_tables()) {
    if (!t->supported()) continue;
    if (t->name == name) return *t;
    names += (names.empty() ? "" : ", ") + std::string(t->name);
  }
  throw option_error("instruction set '" + std::string(name) +
                     "' is not available here; this processor has: " + names);
}

AISLE_API const kernel_table& best_table() {
  // Every product and every step of a learner asks. A name that does not exist throws at each call.
  static const kernel_table& chosen = []() -> const kernel_table& {
    if (const char* name = std::getenv("AISLE_ISA"); name && *name) return find_table(name);
    return detail::best_vector_table();
  }();
  return chosen;
}

AISLE_API const kernel_table& plain_table() {
  static const kernel_table& chosen = []() -> const kernel_table& {
    const kernel_table& best = best_table();
    return best.f32.scratch_bytes ? detail::best_vector_table() : best;
  }();
  return chosen;
}

}  // namespace kernels
AISLE_NAMESPACE_END
