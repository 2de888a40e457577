#pragma once

#include <aisle/nn/op/pooling.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn {

/// Average over the tokens of each sequence: a vector a sequence.
struct mean_tokens final : item_pooling {
  static constexpr std::string_view name_of_kind = "mean_tokens";
  std::string_view kind() const override { return name_of_kind; }
};

}  // namespace nn
AISLE_NAMESPACE_END
