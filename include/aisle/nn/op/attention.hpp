#pragma once

#include <aisle/base/error.hpp>
#include <aisle/nn/operation.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn {

/// Multi-head self-attention over joined rows of query, key and value [3 hidden]; heads are contiguous within
/// each. Every sequence attends to itself alone.
struct attention final : operation {
  static constexpr std::string_view name_of_kind = "attention";
  explicit attention(std::int64_t heads_) : heads(heads_) {}
  std::int64_t heads;

  std::string_view kind() const override { return name_of_kind; }
  value_shape infer(std::span<const value_shape> in) const override { return in[0].of_width(in[0].c / 3); }
  void parameters(std::vector<std::string>&) const override {}
  /// Scores and their product with the values.
  row_cost cost(std::span<const value_shape>, const value_shape& out) const override {
    return {0, 4 * out.c};
  }
  line_window needed_lines(std::span<const value_shape>) const override { return line_window::all(); }
  bool works_in_place() const override { return false; }
};

}  // namespace nn
AISLE_NAMESPACE_END
