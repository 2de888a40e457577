#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <aisle/base/error.hpp>
#include <aisle/nn/operation.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn {

/// How windows lie along one side of a map: it is padded to whole windows, then rolled by `shift`. Position p
/// of the windows is place (p + shift) % padded of the side, padding from `size` on.
struct rolled_axis {
  std::int64_t size = 0, window = 1, shift = 0;

  std::int64_t windows() const { return (size + window - 1) / window; }
  std::int64_t padded() const { return windows() * window; }
  std::int64_t place(std::int64_t position) const { return (position + shift) % padded(); }
  /// Came round from the other end: it is no neighbour of the rest of its window.
  bool wraps(std::int64_t position) const { return shift > 0 && position >= padded() - shift; }
};

/// Self-attention inside each window of a map, whose rows are query, key and value joined [3 hidden], with a
/// bias for each offset between two positions: TABLE [(2 window - 1)^2, heads]. Swin (Liu et al. 2021).
struct window_attention final : operation {
  static constexpr std::string_view name_of_kind = "window_attention";

  /// When a shift is left out.
  enum class rule : std::uint8_t {
    shorter_side,  ///< where the map's shorter side is one window (Hugging Face); smaller maps are refused
    each_side      ///< along a side that is one window when padded (torchvision)
  };

  window_attention(std::vector<std::string> projections_, std::string table_, std::int64_t heads_,
                   std::int64_t window_, bool shifted_, rule shifts_)
      : projections(std::move(projections_)),
        table(std::move(table_)),
        heads(heads_),
        window(window_),
        shifted(shifted_),
        shifts(shifts_) {}
  std::vector<std::string> projections;  ///< the linear layers before it: padding has their bias as its row
  std::string table;
  std::int64_t heads, window;
  bool shifted;  ///< by half a window
  rule shifts;

  rolled_axis axis(std::int64_t size, const value_shape& map) const {
    rolled_axis a{size, window, 0};
    const bool alone = shifts == rule::each_side ? a.windows() == 1 : std::min(map.h, map.w) <= window;
    if (shifted && !alone) a.shift = window / 2;
    return a;
  }

  std::string_view kind() const override { return name_of_kind; }
  /// Throws shape_error for a map smaller than a window where the rule has none for it.
  value_shape infer(std::span<const value_shape> in) const override {
    const value_shape& map = in[0];
    if (shifts == rule::shorter_side && std::min(map.h, map.w) < window)
      throw shape_error("a map of " + std::to_string(map.h) + " x " + std::to_string(map.w) +
                        " positions, expected at least a window of " + std::to_string(window) + " x " +
                        std::to_string(window));
    return map.of_width(map.c / 3);
  }
  void parameters(std::vector<std::string>& names) const override {
    for (const std::string& name : projections) names.push_back(name + ".bias");
    names.push_back(table);
  }
  row_cost cost(std::span<const value_shape>, const value_shape& out) const override {
    return {4 * out.c * window * window};
  }
  line_window needed_lines(std::span<const value_shape>) const override { return line_window::all(); }
  bool works_in_place() const override { return false; }
};

}  // namespace nn
AISLE_NAMESPACE_END
