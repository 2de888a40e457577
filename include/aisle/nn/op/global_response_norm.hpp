#pragma once

#include <string>
#include <utility>
#include <aisle/nn/operation.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn {

/// Global response normalisation (Woo et al. 2023): g = L2 norm of each channel over the map, n = g / (mean
/// of g + eps), y = gamma * (x * n) + beta + x. NAME.gamma, NAME.beta.
struct global_response_norm final : operation {
  static constexpr std::string_view name_of_kind = "grn";
  global_response_norm(std::string name_, float eps_) : name(std::move(name_)), eps(eps_) {}
  std::string name;
  float eps;

  std::string_view kind() const override { return name_of_kind; }
  value_shape infer(std::span<const value_shape> in) const override { return in[0]; }
  void parameters(std::vector<std::string>& names) const override {
    names.push_back(name + ".gamma");
    names.push_back(name + ".beta");
  }
  row_cost cost(std::span<const value_shape>, const value_shape&) const override { return {}; }
  line_window needed_lines(std::span<const value_shape>) const override { return line_window::all(); }
  bool works_in_place() const override { return true; }
};

}  // namespace nn
AISLE_NAMESPACE_END
