#pragma once

#include <cstdint>

#include <aisle/base/config.hpp>
#include <aisle/kernels/product.hpp>

// What kernels cost. By these tables, the shape and what the processor has, and never by a clock, a layer
// takes its kernel: a model's bits must not depend on how busy a machine was. `aisle bench tune` measures
// them and prints them to paste.
//
// The unit is one multiply-add of one vector at the core's peak, so that a perfect kernel of 8 rows x 3
// vectors takes 24 for each k, and costs of one instruction set can be compared.

AISLE_NAMESPACE_BEGIN

namespace kernels {

/// A tile of all rows for each k, by its width in vectors, and once: pointers, start, epilogue.
struct tile_cost {
  double one, two, three;
  double once;

  constexpr double of(std::int64_t vectors, std::int64_t k) const noexcept {
    return (vectors == 1 ? one : vectors == 2 ? two : three) * static_cast<double>(k) + once;
  }
};

/// Winograd's transforms of one tile of a picture, for each channel.
struct winograd_cost {
  double input, output;
};

/// Of the kernels of one kind of vectors.
struct vector_costs {
  tile_cost tile;
  winograd_cost winograd;
};

/// A tile of 32 x 32 for each 32 of k, and splitting 32 values of A.
struct split_cost {
  double tile, values;
};

namespace costs {

// Measured on Sapphire Rapids; neon's were not.
inline constexpr vector_costs generic{.tile = {.one = 8.4, .two = 12.2, .three = 0, .once = 40},
                                      .winograd = {.input = 48.6, .output = 31.9}};
inline constexpr vector_costs avx2{.tile = {.one = 8.9, .two = 12.4, .three = 0, .once = 70},
                                   .winograd = {.input = 24, .output = 10.6}};
inline constexpr vector_costs avx512{.tile = {.one = 10.3, .two = 17.0, .three = 24.7, .once = 50},
                                     .winograd = {.input = 20.9, .output = 8.8}};
inline constexpr vector_costs neon{.tile = avx512.tile, .winograd = generic.winograd};
inline constexpr split_cost amx{.tile = 1550, .values = 830};
inline constexpr split_cost emulated{.tile = 6.2e6, .values = 830};

}  // namespace costs

/// Of a product over panels of `vectors_of_panel` vectors.
constexpr double panels_cost(const tile_cost& cost, const product_shape& s, std::int64_t rows,
                             std::int64_t vector, std::int64_t vectors_of_panel) noexcept {
  const std::int64_t vectors = (s.n + vector - 1) / vector, rest = vectors % vectors_of_panel;
  const std::int64_t strips = (s.m + rows - 1) / rows, whole = vectors / vectors_of_panel;
  return static_cast<double>(strips) *
         (static_cast<double>(whole) * cost.of(vectors_of_panel, s.k) + (rest > 0 ? cost.of(rest, s.k) : 0));
}

/// Of a product over split tiles.
constexpr double split_tiles_cost(const split_cost& cost, const product_shape& s) noexcept {
  const auto of_32 = [](std::int64_t x) { return static_cast<double>((x + 31) / 32); };
  return of_32(s.m) * of_32(s.k) * (of_32(s.n) * cost.tile + 32 * cost.values);
}

}  // namespace kernels

AISLE_NAMESPACE_END
