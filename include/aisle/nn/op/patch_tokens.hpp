#pragma once

#include <string>
#include <utility>

#include <aisle/nn/operation.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn {

/// A map of patches as tokens: the class token, then the patches line by line, each plus its position. CLASS
/// [hidden], POSITIONS [side * side + 1, hidden] for the square of patches that the model was trained on; for
/// other maps they are resized, bicubic without antialias, as Hugging Face does.
struct patch_tokens final : operation {
  static constexpr std::string_view name_of_kind = "patch_tokens";
  patch_tokens(std::string class_name_, std::string positions_name_, std::int64_t side_)
      : class_name(std::move(class_name_)), positions_name(std::move(positions_name_)), side(side_) {}
  std::string class_name, positions_name;
  std::int64_t side;

  std::string_view kind() const override { return name_of_kind; }
  value_shape infer(std::span<const value_shape> in) const override {
    return value_shape::map(1, in[0].h * in[0].w + 1, in[0].c);
  }
  void parameters(std::vector<std::string>& names) const override {
    names.push_back(class_name);
    names.push_back(positions_name);
  }
  row_cost cost(std::span<const value_shape>, const value_shape&) const override { return {}; }
  line_window needed_lines(std::span<const value_shape>) const override { return line_window::all(); }
  bool works_in_place() const override { return false; }
};

}  // namespace nn
AISLE_NAMESPACE_END
