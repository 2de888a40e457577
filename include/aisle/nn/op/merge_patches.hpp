#pragma once

#include <aisle/nn/operation.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn {

/// Four neighbours of a map as one position of four times the channels, in the order (0, 0), (1, 0), (0, 1),
/// (1, 1) of (line, column); zeros beyond an odd side. Swin's merging of patches.
struct merge_patches final : operation {
  static constexpr std::string_view name_of_kind = "merge_patches";

  std::string_view kind() const override { return name_of_kind; }
  value_shape infer(std::span<const value_shape> in) const override {
    return value_shape::map((in[0].h + 1) / 2, (in[0].w + 1) / 2, 4 * in[0].c);
  }
  void parameters(std::vector<std::string>&) const override {}
  row_cost cost(std::span<const value_shape>, const value_shape&) const override { return {}; }
  line_window needed_lines(std::span<const value_shape>) const override { return {2, 0, 2}; }
  bool works_in_place() const override { return false; }
};

}  // namespace nn
AISLE_NAMESPACE_END
