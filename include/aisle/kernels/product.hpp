#pragma once

#include <cstddef>
#include <cstdint>

#include <aisle/base/config.hpp>
#include <aisle/kernels/arguments.hpp>

// A kernel that multiplies, as data: what it takes and makes, its blocks, what it costs. Each instruction set
// has a list of them (kernels/dispatch.hpp); a layer takes the cheapest that its table allows
// (kernels/choice.hpp).

AISLE_NAMESPACE_BEGIN

namespace kernels {

/// How sums are made. Kernels of one arithmetic give the same bits for one instruction set.
enum class arithmetic : std::uint8_t {
  fma,    ///< a chain of fused multiply-adds over k in ascending order
  bf16x6  ///< six products of bfloat16 parts: no less accurate, other bits
};

/// How A is taken from where it lies.
enum class left_format : std::uint8_t {
  in_place,   ///< through row pointers
  split_bf16  ///< copied by blocks of rows into scratch, each float as three bfloat16
};

/// How B lies once it is packed.
enum class right_format : std::uint8_t {
  panels,      ///< k rows of panel_columns values, the last panel rounded up to a vector
  split_tiles  ///< 32 x 16 tiles of pairs of bfloat16, three parts each
};

/// A size with a type of its own: of two sizes neither is taken for the other.
template <class What>
class block_size {
 public:
  explicit constexpr block_size(int value) noexcept : value_(value) {}
  constexpr operator std::int64_t() const noexcept { return value_; }

 private:
  int value_;
};
using tile_rows = block_size<struct of_tile_rows>;          ///< rows of a register tile
using panel_columns = block_size<struct of_panel_columns>;  ///< columns of a packed panel
using block_rows = block_size<struct of_block_rows>;        ///< rows that stay in cache with a panel

/// C [m, n] = A [m, k] B [k, n].
struct product_shape {
  std::int64_t m = 1, n = 1, k = 1;
};

struct product_memory {
  std::int64_t packed = 0;   ///< bytes of B
  std::int64_t scratch = 0;  ///< bytes each worker needs, a multiple of 64
};

template <class T>
struct product_kernel {
  const char* name;  ///< as reports give it: "fma", "bf16x6"
  kernels::arithmetic arithmetic;
  left_format a;
  right_format b;
  kernels::tile_rows tile_rows;
  kernels::panel_columns panel_columns;
  kernels::block_rows block_rows;
  /// Whether it runs here, and on this shape.
  bool (*fits)(const product_shape&) noexcept;
  /// What a product takes, in multiply-adds of one vector at this core's peak (kernels/costs.hpp).
  double (*cost)(const product_shape&) noexcept;
  product_memory (*memory)(const product_shape&) noexcept;
  void (*pack)(const pack_block<T>&) noexcept;
  void (*block)(const gemm_block<T>&) noexcept;

  std::int64_t panels(std::int64_t n) const noexcept { return (n + panel_columns - 1) / panel_columns; }
};

}  // namespace kernels

AISLE_NAMESPACE_END
