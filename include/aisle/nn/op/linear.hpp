#pragma once

#include <string>
#include <utility>
#include <vector>
#include <aisle/nn/operation.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn {

/// y = activation(x W^T + b + residual) over every row. Several names are several layers on the same input,
/// joined along the output (query, key and value): one product. NAME.weight [out / names, in], NAME.bias.
struct linear final : operation {
  static constexpr std::string_view name_of_kind = "linear";
  linear(std::vector<std::string> names_, std::int64_t out_, bool bias_)
      : names(std::move(names_)), out(out_), bias(bias_) {}
  std::vector<std::string> names;
  std::int64_t out;
  bool bias;
  kernels::activation act = kernels::activation::none;
  bool residual = false;  ///< the second input is added before the activation

  std::string_view kind() const override { return name_of_kind; }
  value_shape infer(std::span<const value_shape> in) const override { return in[0].of_width(out); }
  AISLE_API void parameters(std::vector<std::string>& list) const override;
  row_cost cost(std::span<const value_shape> in, const value_shape&) const override {
    return {2 * out * in[0].c};
  }
  line_window needed_lines(std::span<const value_shape>) const override { return line_window::same(); }
  bool works_in_place() const override { return false; }
  AISLE_API operation_ptr with_activation(kernels::activation a) const override;
  AISLE_API operation_ptr with_residual() const override;
};

}  // namespace nn
AISLE_NAMESPACE_END
