#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include <aisle/nn/graph.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn {

/// One operator of a plan: where its operands lie in the workspace. Sizes and offsets are in bytes for one
/// unit of capacity (an image, or a token); a run of n units multiplies them by n. `column` is inside a row.
struct plan_step {
  int node = -1;
  std::vector<int> inputs;
  value_shape shape;
  dtype element = dtype::f32;
  std::int64_t offset = 0, column = 0, row_stride = 0;  ///< the last two in elements
  std::int64_t extra_offset = 0, extra_bytes = 0;       ///< memory it needs only while it runs
  row_cost cost{};

  /// Of one item with so many rows.
  std::int64_t flops(std::int64_t rows) const { return rows * (cost.flops + rows * cost.flops_per_row); }
  /// Of one unit: an image, or a token by itself.
  std::int64_t flops() const { return flops(shape.rows()); }
};

/// Steps [first, first + count) that run as one: today one operator each.
struct plan_group {
  std::size_t first = 0, count = 1;
};

/// A fused graph laid out for one input size: shapes, and one workspace in which values share memory as soon
/// as their last reader has run. Values that are put side by side lie in columns of one buffer from the
/// start.
struct plan {
  value_shape input;
  std::vector<plan_step> steps;  ///< step i computes node i
  std::vector<plan_group> groups;
  std::int64_t bytes = 0;  ///< workspace for each unit
};

/// What a plan asks of the device that will run it.
struct device_facts {
  std::int64_t alignment = 64;  ///< of values, bytes
  /// Bytes that a node needs beside its input and output while it runs, for each unit. Empty: none.
  std::function<std::int64_t(std::size_t node, std::span<const value_layout> in, const value_shape& out)>
      extra_bytes;
};

/// Infers the shape of every value. Throws shape_error where an input is too small.
std::vector<value_shape> infer_shapes(const graph& g, const value_shape& input);
/// Shapes of what node `n` reads; of the run's input for the node that stands for it.
std::vector<value_shape> shapes_into(const node& n, const std::vector<value_shape>& shapes,
                                     const value_shape& input);

/// How the inputs of step `i` lie.
std::vector<value_layout> layouts_into(const plan& p, std::size_t i);

/// Lays `g` out for inputs of shape `input`.
plan make_plan(const graph& g, const value_shape& input, const device_facts& device);

}  // namespace nn
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/nn/plan.ipp>
#endif
