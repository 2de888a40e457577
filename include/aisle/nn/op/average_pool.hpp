#pragma once

#include <aisle/nn/op/pooling.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn {

/// Average over windows. With `count_padding` (PyTorch's default) zeros of the padding are part of it.
struct average_pool final : window_pooling {
  static constexpr std::string_view name_of_kind = "average_pool";
  average_pool(nn::window window_, bool count_padding_)
      : window_pooling(window_), count_padding(count_padding_) {}
  bool count_padding;
  std::string_view kind() const override { return name_of_kind; }
  std::string title() const override { return "average pool"; }
};

}  // namespace nn
AISLE_NAMESPACE_END
