#pragma once

#include <aisle/nn/operation.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn {

/// Values side by side: rows of all their channels, in order. Nothing is computed: their producers write into
/// its columns.
struct concatenate final : operation {
  static constexpr std::string_view name_of_kind = "concatenate";

  std::string_view kind() const override { return name_of_kind; }
  /// Throws shape_error where the inputs' rows differ.
  AISLE_API value_shape infer(std::span<const value_shape> in) const override;
  void parameters(std::vector<std::string>&) const override {}
  row_cost cost(std::span<const value_shape>, const value_shape&) const override { return {}; }
  line_window needed_lines(std::span<const value_shape>) const override { return line_window::same(); }
  bool works_in_place() const override { return false; }
  bool joins_columns() const override { return true; }
};

}  // namespace nn
AISLE_NAMESPACE_END
