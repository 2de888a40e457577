#pragma once

#include <aisle/nn/conv2d.hpp>
#include <aisle/nn/value.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn {

/// Maximum over windows; padding never wins.
struct max_pool {
  std::int64_t kernel = 2, stride = 2, pad = 0;
};

/// Average over all pixels of a map: a vector.
struct global_average {};

/// Average over the tokens of each sequence: a vector a sequence.
struct mean_tokens {};

/// The first token of each sequence: a vector a sequence.
struct first_token {};

value_shape infer(const max_pool& op, std::span<const value_shape> in);
void run(const max_pool& op, const run_context& ctx, value_view in, value_view out);
void run(const global_average& op, const run_context& ctx, value_view in, value_view out);
void run(const mean_tokens& op, const run_context& ctx, value_view in, value_view out);
void run(const first_token& op, const run_context& ctx, value_view in, value_view out);

}  // namespace nn
AISLE_NAMESPACE_END
