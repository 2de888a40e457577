#pragma once

#include <string>
#include <utility>
#include <vector>
#include <aisle/nn/op/window.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn {

/// A convolution of each channel by itself: NAME.weight [channels, 1, height, width], NAME.bias [channels].
struct depthwise final : operation {
  static constexpr std::string_view name_of_kind = "depthwise";
  depthwise(std::string name_, nn::window window_, bool bias_)
      : name(std::move(name_)), window(window_), bias(bias_) {}
  std::string name;
  nn::window window;
  bool bias;
  std::vector<folded_norm> norms{};
  kernels::activation act = kernels::activation::none;

  std::string_view kind() const override { return name_of_kind; }
  value_shape infer(std::span<const value_shape> in) const override {
    return window.over(in[0], in[0].c, "convolution '" + name + "'");
  }
  AISLE_API void parameters(std::vector<std::string>& names) const override;
  row_cost cost(std::span<const value_shape> in, const value_shape&) const override {
    return {2 * in[0].c * window.taps()};
  }
  line_window needed_lines(std::span<const value_shape> in) const override {
    return window.needed_lines(in[0]);
  }
  bool works_in_place() const override { return false; }
  AISLE_API operation_ptr with_norm(const folded_norm& norm) const override;
  AISLE_API operation_ptr with_activation(kernels::activation a) const override;
};

}  // namespace nn
AISLE_NAMESPACE_END
