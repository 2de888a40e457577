#pragma once

#include <aisle/nn/op/pooling.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn {

/// Average over all pixels of a map: a vector.
struct global_average final : item_pooling {
  static constexpr std::string_view name_of_kind = "global_average";
  std::string_view kind() const override { return name_of_kind; }
};

}  // namespace nn
AISLE_NAMESPACE_END
