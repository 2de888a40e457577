#pragma once

#include <aisle/nn/op/pooling.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn {

/// Maximum over windows; padding never wins.
struct max_pool final : window_pooling {
  static constexpr std::string_view name_of_kind = "max_pool";
  using window_pooling::window_pooling;
  std::string_view kind() const override { return name_of_kind; }
  std::string title() const override { return "max pool"; }
};

}  // namespace nn
AISLE_NAMESPACE_END
