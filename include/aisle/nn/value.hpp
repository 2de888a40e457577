#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <aisle/tensor/dtype.hpp>

// What flows along the edges of a graph.

AISLE_NAMESPACE_BEGIN
namespace nn {

/// The shape of one item's part of a value, channels last.
/// A map is h x w x c; a vector is one row of c; tokens are a varying number of rows of c, packed end to end
/// over the sequences of a batch without padding.
struct value_shape {
  enum class kind : std::uint8_t { map, vector, tokens };
  kind what = kind::map;
  std::int64_t h = 1, w = 1, c = 0;

  static value_shape map(std::int64_t h, std::int64_t w, std::int64_t c) { return {kind::map, h, w, c}; }
  static value_shape vector(std::int64_t c) { return {kind::vector, 1, 1, c}; }
  static value_shape tokens(std::int64_t c) { return {kind::tokens, 1, 1, c}; }
  /// The same rows of another width.
  value_shape of_width(std::int64_t channels) const { return {what, h, w, channels}; }
  /// Rows of c values that an item (a token, for tokens) has.
  std::int64_t rows() const noexcept { return h * w; }
  /// Elements of one unit of capacity: an item, or a token.
  std::int64_t elements() const noexcept { return h * w * c; }
  friend bool operator==(const value_shape&, const value_shape&) = default;
};

inline std::string to_string(const value_shape& s) {
  if (s.what == value_shape::kind::tokens) return "tokens x " + std::to_string(s.c);
  if (s.what == value_shape::kind::vector) return std::to_string(s.c);
  return std::to_string(s.h) + " x " + std::to_string(s.w) + " x " + std::to_string(s.c);
}

/// Where the rows of a value lie: `row_stride` elements apart.
struct value_layout {
  value_shape shape;
  std::int64_t row_stride = 0;
  bool dense() const noexcept { return row_stride == shape.c; }
};

/// A value during a run: the rows of all items, one after the other, `row_stride` elements apart. Columns of
/// a wider value are one too.
struct value_view {
  std::byte* data = nullptr;
  dtype element = dtype::f32;
  value_shape shape;
  std::int64_t row_stride = 0;

  float* f32() const noexcept { return reinterpret_cast<float*>(data); }
  /// Elements from one item to the next.
  std::int64_t item_stride() const noexcept { return shape.rows() * row_stride; }
};

}  // namespace nn
AISLE_NAMESPACE_END
