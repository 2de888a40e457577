#pragma once

#include <string>

#include <aisle/nn/conv2d.hpp>
#include <aisle/nn/parameters.hpp>
#include <aisle/nn/value.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn {

/// Batch norm that could not be folded into a convolution: y = activation(x * scale + shift).
struct batch_norm {
  folded_norm norm;
  kernels::activation act = kernels::activation::none;
};

/// Layer norm over the channels of each row: NAME.weight, NAME.bias.
struct layer_norm {
  std::string name;
  float eps = 1e-5f;
};

/// Global response normalisation (Woo et al. 2023): g = L2 norm of each channel over the map, n = g / (mean
/// of g + eps), y = gamma * (x * n) + beta + x.
struct global_response_norm {
  std::string name;
  float eps = 1e-6f;
};

/// Each row divided by its Euclidean norm (at least 1e-12, as sentence-transformers does).
struct l2_normalize {};

prepared load(const batch_norm& op, const value_shape& in, const weight_source& weights);
prepared load(const layer_norm& op, const value_shape& in, const weight_source& weights);
prepared load(const global_response_norm& op, const value_shape& in, const weight_source& weights);
void run(const batch_norm& op, const prepared& w, const run_context& ctx, value_view in, value_view out);
void run(const layer_norm& op, const prepared& w, const run_context& ctx, value_view in, value_view out);
/// `extra`: 2 c floats an item.
void run(const global_response_norm& op, const prepared& w, const run_context& ctx, value_view in,
         value_view out, float* extra);
void run(const l2_normalize& op, const run_context& ctx, value_view in, value_view out);

}  // namespace nn
AISLE_NAMESPACE_END
