#pragma once

#include <string>

#include <aisle/nn/op/window.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn {

/// What makes one vector of all rows of an item has in common: no weights, no products.
struct item_pooling : operation {
  value_shape infer(std::span<const value_shape> in) const override { return value_shape::vector(in[0].c); }
  void parameters(std::vector<std::string>&) const override {}
  row_cost cost(std::span<const value_shape>, const value_shape&) const override { return {}; }
  line_window needed_lines(std::span<const value_shape>) const override { return line_window::all(); }
  bool works_in_place() const override { return false; }
};

/// The same of what makes one pixel of a window.
struct window_pooling : operation {
  explicit window_pooling(nn::window window_) : window(window_) {}
  nn::window window;

  /// As messages call it.
  virtual std::string title() const = 0;
  value_shape infer(std::span<const value_shape> in) const override {
    return window.over(in[0], in[0].c, title());
  }
  void parameters(std::vector<std::string>&) const override {}
  row_cost cost(std::span<const value_shape>, const value_shape&) const override { return {}; }
  line_window needed_lines(std::span<const value_shape> in) const override {
    return window.needed_lines(in[0]);
  }
  bool works_in_place() const override { return false; }
};

}  // namespace nn
AISLE_NAMESPACE_END
