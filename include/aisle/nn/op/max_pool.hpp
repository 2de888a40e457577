#pragma once

#include <aisle/nn/op/window.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn {

/// Maximum over windows; padding never wins.
struct max_pool final : operation {
  static constexpr std::string_view name_of_kind = "max_pool";
  explicit max_pool(nn::window window_) : window(window_) {}
  nn::window window;

  std::string_view kind() const override { return name_of_kind; }
  value_shape infer(std::span<const value_shape> in) const override {
    return window.over(in[0], in[0].c, "max pool");
  }
  void parameters(std::vector<std::string>&) const override {}
  row_cost cost(std::span<const value_shape>, const value_shape&) const override { return {}; }
  line_window lines(std::span<const value_shape> in) const override { return window.lines(in[0]); }
  bool works_in_place() const override { return false; }
};

}  // namespace nn
AISLE_NAMESPACE_END
