#pragma once

#include <string>
#include <utility>
#include <vector>
#include <aisle/nn/op/window.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn {

/// 2-D convolution, channels last: NAME.weight [out, in, height, width], NAME.bias [out].
struct conv2d final : operation {
  static constexpr std::string_view name_of_kind = "conv2d";
  conv2d(std::string name_, std::int64_t out_, nn::window window_, bool bias_)
      : name(std::move(name_)), out(out_), window(window_), bias(bias_) {}
  std::string name;
  std::int64_t out;
  nn::window window;
  bool bias;
  std::vector<folded_norm> norms{};
  kernels::activation act = kernels::activation::none;
  bool residual = false;  ///< the second input is added before the activation

  std::string_view kind() const override { return name_of_kind; }
  value_shape infer(std::span<const value_shape> in) const override {
    return window.over(in[0], out, "convolution '" + name + "'");
  }
  AISLE_API void parameters(std::vector<std::string>& names) const override;
  row_cost cost(std::span<const value_shape> in, const value_shape&) const override {
    return {2 * out * in[0].c * window.taps()};
  }
  line_window needed_lines(std::span<const value_shape> in) const override {
    return window.needed_lines(in[0]);
  }
  bool works_in_place() const override { return false; }
  AISLE_API operation_ptr with_norm(const folded_norm& norm) const override;
  AISLE_API operation_ptr with_activation(kernels::activation a) const override;
  AISLE_API operation_ptr with_residual() const override;
};

}  // namespace nn
AISLE_NAMESPACE_END
