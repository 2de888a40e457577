#pragma once

#include <aisle/nn/op/pooling.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn {

/// The first token of each sequence: a vector a sequence.
struct first_token final : item_pooling {
  static constexpr std::string_view name_of_kind = "first_token";
  std::string_view kind() const override { return name_of_kind; }
};

}  // namespace nn
AISLE_NAMESPACE_END
