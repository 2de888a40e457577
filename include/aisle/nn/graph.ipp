#pragma once

#include <array>

#include <aisle/nn/attention.ipp>
#include <aisle/nn/conv2d.ipp>
#include <aisle/nn/norm.ipp>
// norm before those that share its row blocks
#include <aisle/nn/elementwise.ipp>
#include <aisle/nn/embedding.ipp>
#include <aisle/nn/graph.hpp>
#include <aisle/nn/linear.ipp>
#include <aisle/nn/pooling.ipp>

AISLE_NAMESPACE_BEGIN
namespace nn {

AISLE_API std::string kind_of(const operation& op) {
  static constexpr std::array<const char*, 15> names = {
      "image_input", "token_embedding", "conv2d",   "linear", "batch_norm", "layer_norm",
      "grn",         "l2_normalize",    "activate", "add",    "max_pool",   "global_average",
      "mean_tokens", "first_token",     "attention"};
  static_assert(names.size() == std::variant_size_v<operation>);
  if (const auto* conv = std::get_if<conv2d>(&op); conv && conv->depthwise) return "depthwise";
  return names[op.index()];
}

}  // namespace nn
AISLE_NAMESPACE_END
