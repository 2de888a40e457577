#pragma once

// Every operator there is: its file in op/ and its line here. A device says in a list of its own which of
// them it runs (cpu/operators.hpp).

#include <aisle/nn/op/activate.hpp>
#include <aisle/nn/op/add.hpp>
#include <aisle/nn/op/attention.hpp>
#include <aisle/nn/op/average_pool.hpp>
#include <aisle/nn/op/batch_norm.hpp>
#include <aisle/nn/op/concatenate.hpp>
#include <aisle/nn/op/conv2d.hpp>
#include <aisle/nn/op/depthwise.hpp>
#include <aisle/nn/op/first_token.hpp>
#include <aisle/nn/op/global_average.hpp>
#include <aisle/nn/op/global_response_norm.hpp>
#include <aisle/nn/op/image_input.hpp>
#include <aisle/nn/op/l2_normalize.hpp>
#include <aisle/nn/op/layer_norm.hpp>
#include <aisle/nn/op/linear.hpp>
#include <aisle/nn/op/max_pool.hpp>
#include <aisle/nn/op/mean_tokens.hpp>
#include <aisle/nn/op/merge_patches.hpp>
#include <aisle/nn/op/patch_tokens.hpp>
#include <aisle/nn/op/token_embedding.hpp>
#include <aisle/nn/op/token_mean.hpp>
#include <aisle/nn/op/window_attention.hpp>

#if AISLE_HEADER_ONLY
#include <aisle/nn/operators.ipp>
#endif
