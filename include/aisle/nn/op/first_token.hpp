#pragma once

#include <aisle/nn/operation.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn {

/// The first token of each sequence: a vector a sequence.
struct first_token final : operation {
  static constexpr std::string_view name_of_kind = "first_token";

  std::string_view kind() const override { return name_of_kind; }
  value_shape infer(std::span<const value_shape> in) const override { return value_shape::vector(in[0].c); }
  void parameters(std::vector<std::string>&) const override {}
  row_cost cost(std::span<const value_shape>, const value_shape&) const override { return {}; }
  line_window lines(std::span<const value_shape>) const override { return line_window::all(); }
  bool works_in_place() const override { return false; }
};

}  // namespace nn
AISLE_NAMESPACE_END
