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
#include <utility>
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

// The tables of the current region's leaf kernels.
#define AISLE_KERNEL_TABLES(REGION)                                                   \
  inline constexpr kernel_table table = {                                             \
      .name = #REGION,                                                                \
      .supported = supported,                                                         \
      .vectors = vectors::REGION,                                                     \
      .costs = &costs::REGION,                                                        \
      .attention = attention_kernel,                                                  \
      .attention_scratch = attention_scratch_floats,                                  \
      .layer_norm = layer_norm_kernel,                                                \
      .softmax = softmax_kernel,                                                      \
      .embedding = embedding_kernel,                                                  \
      .column_sum = column_sum_kernel,                                                \
      .gather_sum = gather_sum_kernel,                                                \
      .affine = affine_kernel,                                                        \
  };                                                                                  \
  struct rarely {                                                                     \
    static constexpr map_kernels maps = {.column_squares = column_squares_kernel,     \
                                         .depthwise = depthwise_kernel,               \
                                         .max_pool = max_pool_kernel,                 \
                                         .average_pool = average_pool_kernel};        \
    static constexpr winograd_kernels winograd = {.input = winograd_input_kernel,     \
                                                  .output = winograd_output_kernel};  \
    static constexpr resize_kernels resize = {.horizontal = resize_horizontal_kernel, \
                                              .vertical = resize_vertical_kernel};    \
    static constexpr optimizer_kernels optimizer = {.adam = adam_kernel};             \
    static constexpr peak_kernels peak = {.run = peak_kernel};                        \
  };

AISLE_NAMESPACE_BEGIN
namespace kernels {

// Register and cache blocks. rows x cols vectors of accumulators, plus cols vectors of B and a broadcast of
// A, must fit the register file; rows is also limited by the row pointers that fit the general registers. kc
// elements of a row strip stay in L1, mc rows of A and a panel of B in L2.

// SSE2 has 16 registers of 4 floats.
namespace generic {
#include <aisle/simd/vec_generic.inl>
struct gemm_shape {
  static constexpr int rows = 4, cols = 2, mc = 64;
  static constexpr std::int64_t kc = 384;
};
#include <aisle/kernels/leaf.inl>
inline bool supported() noexcept { return true; }
AISLE_KERNEL_TABLES(generic)
template <class T>
inline constexpr product_kernel<T> products[] = {panel_product<vec_of<T>, costs::generic>};
}  // namespace generic

#if AISLE_X86 && AISLE_ENABLE_AVX2
AISLE_TARGET_BEGIN("avx2,fma,f16c")
// 16 registers: 12 accumulators, 2 of B, 1 of A.
namespace avx2 {
#include <aisle/simd/vec_avx2.inl>
struct gemm_shape {
  static constexpr int rows = 6, cols = 2, mc = 96;
  static constexpr std::int64_t kc = 384;
};
#include <aisle/kernels/leaf.inl>
inline bool supported() noexcept { return detect_cpu().avx2; }
AISLE_KERNEL_TABLES(avx2)
template <class T>
inline constexpr product_kernel<T> products[] = {panel_product<vec_of<T>, costs::avx2>};
}  // namespace avx2
AISLE_TARGET_END
#endif

#if AISLE_X86 && AISLE_ENABLE_AVX512
AISLE_TARGET_BEGIN("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c")
// 32 registers: 24 accumulators, 3 of B, 1 of A.
namespace avx512 {
#include <aisle/simd/vec_avx512.inl>
struct gemm_shape {
  static constexpr int rows = 8, cols = 3, mc = 96;
  static constexpr std::int64_t kc = 384;
};
#include <aisle/kernels/leaf.inl>
inline bool supported() noexcept { return detect_cpu().avx512; }
AISLE_KERNEL_TABLES(avx512)
template <class T>
inline constexpr product_kernel<T> products[] = {panel_product<vec_of<T>, costs::avx512>};
}  // namespace avx512
AISLE_TARGET_END

AISLE_TARGET_BEGIN("amx-tile,amx-bf16,avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c")
namespace amx {
#include <aisle/simd/vec_avx512.inl>
#include <aisle/simd/tiles_amx.inl>
#include <aisle/kernels/split.inl>
inline bool fits(const product_shape&) noexcept { return detect_cpu().amx; }
inline constexpr product_kernel<float> product = split::product<amx_tiles, costs::amx>("bf16x6", fits);
}  // namespace amx
AISLE_TARGET_END

// The table avx512's, where the processor has dot products of bytes too.
AISLE_TARGET_BEGIN("avx512vnni,avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c")
namespace vnni {
#include <aisle/simd/vec_avx512.inl>
#include <aisle/kernels/resize.inl>
inline void horizontal(const resize_pass& p) noexcept {
  if (!resize::horizontal<resize::quads<vec::size>>(p)) resize_horizontal_kernel(p);
}
inline void vertical(const resize_pass& p) noexcept {
  if (!resize::vertical<resize::quads<vec::size>>(p)) resize_vertical_kernel(p);
}
struct rarely {
  static constexpr resize_kernels resize = {.horizontal = horizontal, .vertical = vertical};
};
}  // namespace vnni
AISLE_TARGET_END
#endif

#if AISLE_NEON
// 32 registers of 4 floats: 24 accumulators, 3 of B.
namespace neon {
#include <aisle/simd/vec_neon.inl>
struct gemm_shape {
  static constexpr int rows = 8, cols = 3, mc = 96;
  static constexpr std::int64_t kc = 384;
};
#include <aisle/kernels/leaf.inl>
inline bool supported() noexcept { return detect_cpu().neon; }
AISLE_KERNEL_TABLES(neon)
template <class T>
inline constexpr product_kernel<T> products[] = {panel_product<vec_of<T>, costs::neon>};
}  // namespace neon
#endif

#undef AISLE_KERNEL_TABLES

namespace detail {

/// The split product by itself, its tiles emulated: everywhere, so that packing and plan are proven on every
/// machine.
namespace emulated {
#include <aisle/simd/vec_generic.inl>
#include <aisle/kernels/split.inl>
inline bool fits(const product_shape&) noexcept { return true; }
inline constexpr product_kernel<float> product =
    split::product<split::emulated_tiles, costs::emulated>("bf16x6 (emulated)", fits);
}  // namespace emulated

template <class T, std::size_t... Number, class... Split>
constexpr auto joined(const product_kernel<T>* own, std::index_sequence<Number...>, const Split&... split) {
  return std::array{own[Number]..., split...};
}

/// A region's products, and of float those that stand beside all of them.
template <std::size_t N>
constexpr auto list_of(const product_kernel<double> (&own)[N]) {
  return joined(own, std::make_index_sequence<N>());
}
template <std::size_t N>
constexpr auto list_of(const product_kernel<float> (&own)[N]) {
#if AISLE_X86 && AISLE_ENABLE_AVX512
  return joined(own, std::make_index_sequence<N>(), amx::product, emulated::product);
#else
  return joined(own, std::make_index_sequence<N>(), emulated::product);
#endif
}

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

/// The best vectors' table, its products of float split: on request only, as they are not tuned. Their packed
/// weights take 6 bytes a number instead of 4.
inline const kernel_table& amx_table() {
  static const kernel_table table = [] {
    kernel_table t = best_vector_table();
    t.name = "amx";
    t.supported = []() noexcept { return true; };
    t.single_precision = arithmetic::bf16x6;
    return t;
  }();
  return table;
}

}  // namespace detail

template <class T>
std::span<const product_kernel<T>> products(const kernel_table& table) {
  switch (table.vectors) {
#if AISLE_X86 && AISLE_ENABLE_AVX2
    case vectors::avx2: {
      static constexpr auto list = detail::list_of(avx2::products<T>);
      return list;
    }
#endif
#if AISLE_X86 && AISLE_ENABLE_AVX512
    case vectors::avx512: {
      static constexpr auto list = detail::list_of(avx512::products<T>);
      return list;
    }
#endif
#if AISLE_NEON
    case vectors::neon: {
      static constexpr auto list = detail::list_of(neon::products<T>);
      return list;
    }
#endif
    default: {
      static constexpr auto list = detail::list_of(generic::products<T>);
      return list;
    }
  }
}

namespace detail {

/// What `pick` takes from the tables beside a kernel_table, with the vectors that table has.
template <class Pick>
const auto& beside(const kernel_table& table, Pick pick) noexcept {
  switch (table.vectors) {
#if AISLE_X86 && AISLE_ENABLE_AVX512
    case vectors::avx512:
      return pick(avx512::rarely());
#endif
#if AISLE_X86 && AISLE_ENABLE_AVX2
    case vectors::avx2:
      return pick(avx2::rarely());
#endif
#if AISLE_NEON
    case vectors::neon:
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
#if AISLE_X86 && AISLE_ENABLE_AVX512
  if (table.vectors == vectors::avx512 && detect_cpu().avx512_vnni) return vnni::rarely::resize;
#endif
  return plain_resize_kernels_of(table);
}
AISLE_API const resize_kernels& plain_resize_kernels_of(const kernel_table& table) noexcept {
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
    return best.single_precision != arithmetic::fma ? detail::best_vector_table() : best;
  }();
  return chosen;
}

}  // namespace kernels
AISLE_NAMESPACE_END
