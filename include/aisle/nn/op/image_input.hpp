#pragma once

#include <string>
#include <aisle/base/error.hpp>
#include <aisle/nn/operation.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn {

/// The caller's picture, channels last. `given` is its size.
struct image_input final : operation {
  static constexpr std::string_view name_of_kind = "image_input";
  explicit image_input(std::int64_t channels_, std::int64_t side_ = 0) : channels(channels_), side(side_) {}
  std::int64_t channels;
  std::int64_t side;  ///< of the squares that the model takes; 0: pictures of any size

  std::string_view kind() const override { return name_of_kind; }
  /// `in` is the size of the run's input.
  value_shape infer(std::span<const value_shape> in) const override {
    if (in[0].c != channels)
      throw shape_error("the model takes pictures of " + std::to_string(channels) + " channels, got " +
                        to_string(in[0]));
    if (side > 0 && (in[0].h != side || in[0].w != side))
      throw shape_error("the model takes pictures of " + std::to_string(side) + " x " + std::to_string(side) +
                        " pixels alone, got " + to_string(in[0]));
    return in[0];
  }
  void parameters(std::vector<std::string>&) const override {}
  row_cost cost(std::span<const value_shape>, const value_shape&) const override { return {}; }
  line_window needed_lines(std::span<const value_shape>) const override { return line_window::same(); }
  bool works_in_place() const override { return false; }
  bool is_input() const override { return true; }
};

}  // namespace nn
AISLE_NAMESPACE_END
