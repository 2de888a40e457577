#pragma once

#include <aisle/nn/operation.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn {

/// An activation by itself.
struct activate final : operation {
  static constexpr std::string_view name_of_kind = "activate";
  explicit activate(kernels::activation act_) : act(act_) {}
  kernels::activation act;

  std::string_view kind() const override { return name_of_kind; }
  value_shape infer(std::span<const value_shape> in) const override { return in[0]; }
  void parameters(std::vector<std::string>&) const override {}
  row_cost cost(std::span<const value_shape>, const value_shape&) const override { return {}; }
  line_window needed_lines(std::span<const value_shape>) const override { return line_window::same(); }
  bool works_in_place() const override { return true; }
  kernels::activation as_activation() const override { return act; }
};

}  // namespace nn
AISLE_NAMESPACE_END
