#pragma once

#include <string>
#include <vector>

#include <aisle/nn/parameters.hpp>
#include <aisle/nn/value.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn {

/// y = activation(x W^T + b + residual) over every row. Several names are several layers on the same input,
/// joined along the output (query, key and value): one product.
struct linear {
  std::vector<std::string> names;  ///< NAME.weight [out / names, in], NAME.bias
  std::int64_t out = 0;
  bool bias = true;
  kernels::activation act = kernels::activation::none;
  bool residual = false;  ///< the second input is added before the activation
};

value_shape infer(const linear& op, std::span<const value_shape> in);
prepared load(const linear& op, const value_shape& in, const weight_source& weights,
              const engine_options& options);
void run(const linear& op, const prepared& w, const run_context& ctx, std::span<const value_view> in,
         value_view out);

}  // namespace nn
AISLE_NAMESPACE_END
