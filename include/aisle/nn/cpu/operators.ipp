#pragma once

// The definitions of the layers that operators.hpp lists.

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
#include <aisle/nn/cpu/token_mean.ipp>
#include <aisle/nn/cpu/window_attention.ipp>
#include <aisle/nn/operators.ipp>
