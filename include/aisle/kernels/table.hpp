#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <aisle/base/config.hpp>
#include <aisle/kernels/arguments.hpp>
#include <aisle/kernels/costs.hpp>
#include <aisle/kernels/product.hpp>
#include <aisle/kernels/resize.hpp>

// The kernel table: one row an instruction set. A model keeps the table it was loaded for, its packed weights
// carry that table's name, and tests run through all of them. An entry takes one cache block of work for one
// thread.

AISLE_NAMESPACE_BEGIN

namespace kernels {

/// The vectors a table's kernels are written with.
enum class vectors : std::uint8_t { generic, avx2, avx512, neon };

struct kernel_table {
  const char* name;  ///< as AISLE_ISA takes it: generic, avx2, avx512, amx, neon
  bool (*supported)() noexcept;
  kernels::vectors vectors;
  const vector_costs* costs;
  /// What products of float are restricted to. "amx" is the best vectors' table with bf16x6 here.
  arithmetic single_precision = arithmetic::fma;
  void (*attention)(const attention_block&) noexcept;
  std::int64_t (*attention_scratch)(std::int64_t rows, std::int64_t width) noexcept;
  void (*layer_norm)(const layer_norm_block&) noexcept;
  void (*softmax)(float* x, std::int64_t rows, std::int64_t cols) noexcept;  ///< in place, each row
  void (*embedding)(const embedding_block&) noexcept;
  void (*column_sum)(const columns_block&) noexcept;
  void (*gather_sum)(const gather_block&) noexcept;
  void (*affine)(const affine_block&) noexcept;
};

// What only some programs need stands in tables of its own: what nobody asks for is not compiled. Each is
// that of the vectors a kernel_table is written with.

/// What networks of pictures run besides.
struct map_kernels {
  void (*column_squares)(const columns_block&) noexcept;
  void (*depthwise)(const window_block&) noexcept;
  void (*max_pool)(const window_block&) noexcept;
  void (*average_pool)(const window_block&) noexcept;
};
struct winograd_kernels {
  void (*input)(const winograd_block&) noexcept;
  void (*output)(const winograd_block&) noexcept;
};
struct resize_kernels {
  void (*horizontal)(const resize_pass&) noexcept;
  void (*vertical)(const resize_pass&) noexcept;
};
using adam_step = void (*)(const adam_block&) noexcept;
struct optimizer_kernels {
  adam_step adam;
};
struct peak_kernels {
  /// Independent multiply-adds in registers: returns how many operations it did, for measuring the peak.
  std::int64_t (*run)(std::int64_t rounds, float* sink) noexcept;
};

const map_kernels& map_kernels_of(const kernel_table& table) noexcept;
const winograd_kernels& winograd_kernels_of(const kernel_table& table) noexcept;
const resize_kernels& resize_kernels_of(const kernel_table& table) noexcept;
/// Those of the same vectors that do without what only newer processors of that kind have.
const resize_kernels& plain_resize_kernels_of(const kernel_table& table) noexcept;
const optimizer_kernels& optimizer_kernels_of(const kernel_table& table) noexcept;
const peak_kernels& peak_kernels_of(const kernel_table& table) noexcept;

/// Every table this library was built with, slowest first, whether this processor supports it or not.
std::span<const kernel_table* const> all_tables();

/// The fastest tuned table this processor supports, or the one AISLE_ISA names, which is read once in a
/// process. Throws option_error for a name that does not exist here.
const kernel_table& best_table();

/// The table called `name`; throws option_error if there is none or the processor lacks it, naming those it
/// has. An empty name is best_table().
const kernel_table& find_table(std::string_view name);

/// The table whose products of float are chains of fused multiply-adds: best_table(), or the fastest one of
/// that kind where AISLE_ISA asks for an alternative. Learners and precision "f32-fma" use it.
const kernel_table& plain_table();

/// The kernels that multiply matrices of T, float or double, on a table's vectors. Lists of their own: a
/// program that has no products of double has none of their code.
template <class T>
std::span<const product_kernel<T>> products(const kernel_table& table);

#if !AISLE_HEADER_ONLY
extern template std::span<const product_kernel<float>> products(const kernel_table&);
extern template std::span<const product_kernel<double>> products(const kernel_table&);
#endif

}  // namespace kernels

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/kernels/dispatch.hpp>
#endif
