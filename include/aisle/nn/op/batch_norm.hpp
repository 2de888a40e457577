#pragma once

#include <string>
#include <utility>
#include <aisle/nn/operation.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn {

/// Batch norm that could not be folded into a convolution: y = activation(x * scale + shift).
struct batch_norm final : operation {
  static constexpr std::string_view name_of_kind = "batch_norm";
  explicit batch_norm(folded_norm norm_) : norm(std::move(norm_)) {}
  folded_norm norm;
  kernels::activation act = kernels::activation::none;

  std::string_view kind() const override { return name_of_kind; }
  value_shape infer(std::span<const value_shape> in) const override { return in[0]; }
  AISLE_API void parameters(std::vector<std::string>& names) const override;
  row_cost cost(std::span<const value_shape>, const value_shape&) const override { return {}; }
  line_window needed_lines(std::span<const value_shape>) const override { return line_window::same(); }
  bool works_in_place() const override { return true; }
  AISLE_API operation_ptr with_activation(kernels::activation a) const override;
  const folded_norm* as_norm() const override { return act == kernels::activation::none ? &norm : nullptr; }
};

}  // namespace nn
AISLE_NAMESPACE_END
