#pragma once

#include <aisle/nn/operation.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn {

/// y = activation(a + b).
struct add final : operation {
  static constexpr std::string_view name_of_kind = "add";
  kernels::activation act = kernels::activation::none;

  std::string_view kind() const override { return name_of_kind; }
  AISLE_API value_shape infer(std::span<const value_shape> in) const override;
  void parameters(std::vector<std::string>&) const override {}
  row_cost cost(std::span<const value_shape>, const value_shape&) const override { return {}; }
  line_window needed_lines(std::span<const value_shape>) const override { return line_window::same(); }
  bool works_in_place() const override { return true; }
  AISLE_API operation_ptr with_activation(kernels::activation a) const override;
  bool is_sum() const override { return true; }
};

}  // namespace nn
AISLE_NAMESPACE_END
