#pragma once

#include <aisle/nn/operation.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn {

/// Each row divided by its Euclidean norm (at least 1e-12, as sentence-transformers does).
struct l2_normalize final : operation {
  static constexpr std::string_view name_of_kind = "l2_normalize";

  std::string_view kind() const override { return name_of_kind; }
  value_shape infer(std::span<const value_shape> in) const override { return in[0]; }
  void parameters(std::vector<std::string>&) const override {}
  row_cost cost(std::span<const value_shape>, const value_shape&) const override { return {}; }
  line_window needed_lines(std::span<const value_shape>) const override { return line_window::same(); }
  bool works_in_place() const override { return true; }
};

}  // namespace nn
AISLE_NAMESPACE_END
