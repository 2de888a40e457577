#pragma once

#include <string>

#include <aisle/base/error.hpp>
#include <aisle/nn/cpu/affine.ipp>
#include <aisle/nn/cpu/attention.ipp>
#include <aisle/nn/cpu/concatenate.ipp>
#include <aisle/nn/cpu/conv2d.ipp>
#include <aisle/nn/cpu/depthwise.ipp>
#include <aisle/nn/cpu/linear.ipp>
#include <aisle/nn/cpu/merge_patches.ipp>
#include <aisle/nn/cpu/norm.ipp>
#include <aisle/nn/cpu/operators.hpp>
#include <aisle/nn/cpu/patch_tokens.ipp>
#include <aisle/nn/cpu/pooling.ipp>
#include <aisle/nn/cpu/token_embedding.ipp>
#include <aisle/nn/cpu/window_attention.ipp>
#include <aisle/nn/operators.ipp>

AISLE_NAMESPACE_BEGIN
namespace nn::cpu {

namespace detail {

template <class... Ops>
std::unique_ptr<const layer> load_one_of(const operation& op, const load_context& from) {
  std::unique_ptr<const layer> made;
  const auto is = [&]<class Op>(const Op* it) {
    if (it) made = load(*it, from);
    return it != nullptr;
  };
  if (!(is(as<Ops>(op)) || ...))
    throw option_error("the operator " + std::string(op.kind()) + " does not run on the CPU");
  return made;
}

}  // namespace detail

AISLE_API std::unique_ptr<const layer> load_layer(const operation& op, const load_context& from) {
  if (op.is_input()) return nullptr;
  return detail::load_one_of<activate, add, attention, average_pool, batch_norm, concatenate, conv2d,
                             depthwise, first_token, global_average, global_response_norm, l2_normalize,
                             layer_norm, linear, max_pool, mean_tokens, merge_patches, patch_tokens,
                             token_embedding, window_attention>(op, from);
}

}  // namespace nn::cpu
AISLE_NAMESPACE_END
