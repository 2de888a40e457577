#pragma once

#include <memory>

#include <aisle/nn/cpu/layer.hpp>
#include <aisle/nn/operators.hpp>

// The operators that run on a CPU, a line each. Nothing here names them all: a program compiles the layers it
// needs.

AISLE_NAMESPACE_BEGIN
namespace nn::cpu {

using layer_ptr = std::unique_ptr<const layer>;

layer_ptr load(const activate& op, const load_context& from);
layer_ptr load(const add& op, const load_context& from);
layer_ptr load(const attention& op, const load_context& from);
layer_ptr load(const average_pool& op, const load_context& from);
layer_ptr load(const batch_norm& op, const load_context& from);
layer_ptr load(const concatenate& op, const load_context& from);
layer_ptr load(const conv2d& op, const load_context& from);
layer_ptr load(const depthwise& op, const load_context& from);
layer_ptr load(const first_token& op, const load_context& from);
layer_ptr load(const global_average& op, const load_context& from);
layer_ptr load(const global_response_norm& op, const load_context& from);
layer_ptr load(const l2_normalize& op, const load_context& from);
layer_ptr load(const layer_norm& op, const load_context& from);
layer_ptr load(const linear& op, const load_context& from);
layer_ptr load(const max_pool& op, const load_context& from);
layer_ptr load(const mean_tokens& op, const load_context& from);
layer_ptr load(const merge_patches& op, const load_context& from);
layer_ptr load(const patch_tokens& op, const load_context& from);
layer_ptr load(const token_embedding& op, const load_context& from);
layer_ptr load(const token_mean& op, const load_context& from);
layer_ptr load(const window_attention& op, const load_context& from);

/// Makes the layer of an operator of the one kind that the loader is for.
using layer_loader = layer_ptr (*)(const operation& op, const load_context& from);

/// Null for an operator without a line above.
template <class Op>
constexpr layer_loader loader_of() {
  if constexpr (requires(const Op& op, const load_context& from) { load(op, from); })
    return
        [](const operation& op, const load_context& from) { return load(static_cast<const Op&>(op), from); };
  else
    return nullptr;
}

}  // namespace nn::cpu
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/nn/cpu/operators.ipp>
#endif
