#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include <aisle/kernels/table.hpp>
#include <aisle/tensor/shape.hpp>

// What flows along the edges of a graph while a plan runs.

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
  /// Rows of c values that an item (a token, for tokens) has.
  std::int64_t rows() const noexcept { return h * w; }
  /// Floats for one unit of capacity: an item, or a token.
  std::int64_t floats() const noexcept { return h * w * c; }
  friend bool operator==(const value_shape&, const value_shape&) = default;
};

inline std::string to_string(const value_shape& s) {
  if (s.what == value_shape::kind::tokens) return "tokens x " + std::to_string(s.c);
  if (s.what == value_shape::kind::vector) return std::to_string(s.c);
  return std::to_string(s.h) + " x " + std::to_string(s.w) + " x " + std::to_string(s.c);
}

/// Token ids of a batch, packed: sequence s is [starts[s], starts[s + 1]).
struct token_batch {
  std::span<const std::int32_t> ids, types, positions;
  std::span<const std::int64_t> starts;  ///< sequences + 1 entries
};

/// What one run of a plan is about.
struct run_context {
  const kernels::kernel_table* table = nullptr;
  int threads = 1;
  std::int64_t items = 0;  ///< images, or sequences
  token_batch tokens;
  std::byte* scratch = nullptr;  ///< scratch_each bytes for each worker
  std::int64_t scratch_each = 0;

  std::int64_t rows(const value_shape& s) const noexcept {
    return s.what == value_shape::kind::tokens ? static_cast<std::int64_t>(tokens.ids.size())
                                               : items * s.rows();
  }
  std::byte* worker_scratch(int worker) const noexcept { return scratch + worker * scratch_each; }
};

/// A value during a run: all items, one after the other.
struct value_view {
  float* data = nullptr;
  value_shape shape;
};

}  // namespace nn
AISLE_NAMESPACE_END
