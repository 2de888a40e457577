#pragma once

#include <aisle/nn/value.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn {

/// Multi-head self-attention over joined rows of query, key and value [3 hidden]; heads are contiguous within
/// each. Every sequence attends to itself alone.
struct attention {
  std::int64_t heads = 1;
};

value_shape infer(const attention& op, std::span<const value_shape> in);
void run(const attention& op, const run_context& ctx, value_view qkv, value_view out);

}  // namespace nn
AISLE_NAMESPACE_END
