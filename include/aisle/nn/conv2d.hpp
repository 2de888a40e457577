#pragma once

#include <string>
#include <vector>

#include <aisle/nn/parameters.hpp>
#include <aisle/nn/value.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn {

/// How a window's input is extended at the borders.
enum class padding : std::uint8_t {
  fixed,  ///< `pad` zeros on every side (PyTorch)
  same,   ///< TensorFlow's SAME: ceil(size / stride) outputs, the odd zero goes after
};

/// Batch norm folded into the convolution before it: NAME.weight, .bias, .running_mean, .running_var.
struct folded_norm {
  std::string name;
  float eps = 1e-5f;
};

/// 2-D convolution, channels last, as a product over rows of pixels; depthwise when `depthwise` is set.
struct conv2d {
  std::string
      name;  ///< NAME.weight [out, in, kernel, kernel] ([out, 1, kernel, kernel] depthwise), NAME.bias
  std::int64_t out = 0, kernel = 1, stride = 1, pad = 0;
  padding mode = padding::fixed;
  bool bias = false, depthwise = false;
  std::vector<folded_norm> norm;
  kernels::activation act = kernels::activation::none;
  bool residual = false;  ///< the second input is added before the activation
};

/// What a convolution derives from its input's size.
struct conv2d_geometry {
  std::int64_t pad_top = 0, pad_left = 0;
  std::vector<std::int32_t> offsets;  ///< of the runs of each output pixel; -1: zeros
  std::int64_t taps = 1, run = 0;
  /// Non-zero: the input is first copied into a zero-bordered map of this size, whose window rows are one run
  /// each.
  std::int64_t bordered_h = 0, bordered_w = 0;
  std::int64_t extra_floats = 0;  ///< workspace an item needs beside its input and output
};

value_shape infer(const conv2d& op, std::span<const value_shape> in);
conv2d_geometry measure(const conv2d& op, const value_shape& in, const value_shape& out, bool winograd);
prepared load(const conv2d& op, const value_shape& in, const weight_source& weights,
              const engine_options& options);
void run(const conv2d& op, const prepared& w, const conv2d_geometry& g, const run_context& ctx,
         std::span<const value_view> in, value_view out, float* extra);

}  // namespace nn
AISLE_NAMESPACE_END
