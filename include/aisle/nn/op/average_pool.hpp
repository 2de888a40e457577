#pragma once

#include <aisle/nn/op/window.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn {

/// Average over windows. With `count_padding` (PyTorch's default) zeros of the padding are part of it.
struct average_pool final : operation {
  static constexpr std::string_view name_of_kind = "average_pool";
  average_pool(nn::window window_, bool count_padding_) : window(window_), count_padding(count_padding_) {}
  nn::window window;
  bool count_padding;

  std::string_view kind() const override { return name_of_kind; }
  value_shape infer(std::span<const value_shape> in) const override {
    return window.over(in[0], in[0].c, "average pool");
  }
  void parameters(std::vector<std::string>&) const override {}
  row_cost cost(std::span<const value_shape>, const value_shape&) const override { return {}; }
  line_window lines(std::span<const value_shape> in) const override { return window.lines(in[0]); }
  bool works_in_place() const override { return false; }
};

}  // namespace nn
AISLE_NAMESPACE_END
