#pragma once

#include <cstdint>
#include <vector>

#include <aisle/nn/graph.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn {

/// One operator of a plan: where its operands lie in the workspace and what follows from the input's size.
struct plan_step {
  int node = -1;
  std::vector<int> inputs;
  value_shape shape;
  std::int64_t offset = 0;        ///< of its value in the workspace, in floats for each unit of capacity
  std::int64_t extra_offset = 0;  ///< of what it needs only while it runs
  conv2d_geometry geometry;
  std::int64_t flops = 0;  ///< multiply-adds count 2; for each unit (image, token)
};

/// A fused graph laid out for one input size: shapes, window offsets, and one workspace in which values share
/// memory as soon as their last reader has run. Sizes are for one unit of capacity: an image, or a token.
struct plan {
  value_shape input;
  std::vector<plan_step> steps;   ///< step i computes node i
  std::int64_t floats = 0;        ///< workspace for each unit
  std::int64_t gemm_scratch = 0;  ///< bytes each worker's products need
};

/// Infers the shape of every value. Throws shape_error where an input is too small.
std::vector<value_shape> infer_shapes(const graph& g, const value_shape& input);

/// Lays `g` out for inputs of shape `input`. `weights[i]` are node i's.
plan make_plan(const graph& g, const std::vector<prepared>& weights, const value_shape& input,
               const kernels::kernel_table& table);

}  // namespace nn
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/nn/plan.ipp>
#endif
