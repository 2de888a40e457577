#pragma once

#include <aisle/nn/op/pooling.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn {

/// Average over the tokens of each sequence but its first `skip`: a vector a sequence.
struct mean_tokens final : item_pooling {
  static constexpr std::string_view name_of_kind = "mean_tokens";
  explicit mean_tokens(std::int64_t skip_ = 0) : skip(skip_) {}
  std::int64_t skip;

  std::string_view kind() const override { return name_of_kind; }
};

}  // namespace nn
AISLE_NAMESPACE_END
