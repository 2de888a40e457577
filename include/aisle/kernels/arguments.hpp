#pragma once

#include <cstddef>
#include <cstdint>

#include <aisle/base/config.hpp>
#include <aisle/kernels/activation.hpp>

// What crosses the border of a kernel table: plain structs of pointers, strides and sizes, in elements. Each
// describes one cache block of work for one thread. Kernels check nothing; shapes were checked where the plan
// was made.

AISLE_NAMESPACE_BEGIN

namespace kernels {

/// Rows of the left operand, read in place. Row `r` of the product is
///  - `data + r * stride`, all of K in one run, when `offsets` is null: linear layers and 1x1 convolutions;
///  - otherwise `taps` runs of `run` elements each (K = taps * run): run t starts at
///    `data + (r / rows_per_item) * item_stride + offsets[(r % rows_per_item) * taps + t]`, or at `zeros`
///    where that offset is negative: k x k convolutions through row pointers, with padding.
template <class T>
struct gemm_rows {
  const T* data = nullptr;
  std::int64_t stride = 0;
  const std::int32_t* offsets = nullptr;
  std::int64_t taps = 1, run = 0;
  std::int64_t rows_per_item = 0, item_stride = 0;
  const T* zeros = nullptr;  ///< at least `run` zeros
};

/// What becomes of a sum before it is stored: c = activation(sum + bias + residual). One for all that ends in
/// a store of sums; each kernel has it in epilogue.inl.
template <class T>
struct gemm_epilogue {
  const T* bias = nullptr;      ///< n values or null
  const T* residual = nullptr;  ///< rows of n values, or null; not c, which holds partial sums of long k
  std::int64_t residual_stride = 0;
  activation act = activation::none;
  bool accumulate = false;  ///< start from what c holds
};

/// c = epilogue(a * b) for rows [row_begin, row_end) and columns of panels [panel_begin, panel_end).
template <class T>
struct gemm_block {
  gemm_rows<T> a;
  const std::byte* b = nullptr;  ///< packed by the same product_kernel
  std::int64_t k = 0, n = 0;
  T* c = nullptr;
  std::int64_t ldc = 0;
  std::int64_t row_begin = 0, row_end = 0, panel_begin = 0, panel_end = 0;
  gemm_epilogue<T> epilogue;
  std::byte* scratch = nullptr;  ///< product_memory::scratch bytes, 64-byte aligned
};

/// One panel of B [k, n] on its way into packed memory: column j of it is k values at columns + j * stride.
template <class T>
struct pack_block {
  const T* columns = nullptr;
  std::int64_t stride = 0;
  std::int64_t k = 0, n = 0, panel = 0;
  std::byte* packed = nullptr;  ///< of the whole B
};

/// Softmax(scale * q k^T + bias) v for one head of one sequence; q, k, v and out are `rows` x `width` with
/// row strides.
struct attention_block {
  const float *q = nullptr, *k = nullptr, *v = nullptr;
  std::int64_t stride = 0;
  float* out = nullptr;
  std::int64_t out_stride = 0;
  std::int64_t rows = 0, width = 0;
  float scale = 1;
  const float* bias = nullptr;  ///< rows x rows, or null
  float* scratch = nullptr;     ///< kernel_table::attention_scratch(rows, width) floats
};

/// y = (x - mean) / sqrt(var + eps) * gamma + beta over each row; x may be y.
struct layer_norm_block {
  const float* x = nullptr;
  std::int64_t x_stride = 0;
  float* y = nullptr;
  std::int64_t y_stride = 0;
  std::int64_t rows = 0, cols = 0;
  const float *gamma = nullptr, *beta = nullptr;
  float eps = 0;
};

/// Sum of three embedding rows per token: y[i] = words[ids[i]] + positions[at[i]] + type.
struct embedding_block {
  const float *words = nullptr, *positions = nullptr, *type = nullptr;
  const std::int32_t *ids = nullptr, *at = nullptr;
  float* y = nullptr;
  std::int64_t y_stride = 0;
  std::int64_t rows = 0, cols = 0;
};

/// y = scale * sum over i of weights[i] * table[rows[i]]; weights may be null, for 1.
struct gather_block {
  const float* table = nullptr;  ///< rows of `cols` values
  const std::int32_t* rows = nullptr;
  const float* weights = nullptr;
  float* y = nullptr;
  std::int64_t count = 0, cols = 0;
  float scale = 1;
};

/// Channels-last windows of one image: out rows [row_begin, row_end) of out_h x out_w x channels. Strides are
/// from one pixel to the next.
struct window_block {
  const float* x = nullptr;
  std::int64_t x_stride = 0;
  float* y = nullptr;
  std::int64_t y_stride = 0;
  std::int64_t h = 0, w = 0, channels = 0, out_h = 0, out_w = 0;
  std::int64_t kernel_h = 0, kernel_w = 0, stride = 1, pad_top = 0, pad_left = 0;
  std::int64_t row_begin = 0, row_end = 0;
  const float* weights = nullptr;  ///< depthwise: kernel_h * kernel_w x channels
  bool count_padding = false;      ///< average: divides by the whole window, not by what lies inside the map
  const float* bias = nullptr;
  activation act = activation::none;
};

/// Columns [col_begin, col_end) of `rows` rows of `cols` values.
struct columns_block {
  const float* x = nullptr;
  std::int64_t x_stride = 0;
  std::int64_t rows = 0, cols = 0, col_begin = 0, col_end = 0;
  float* y = nullptr;
  float scale = 1;
};

/// y = x * scale[c] + shift[c] + residual, rows x cols, then the activation; null scale is 1, null shift and
/// residual are 0.
struct affine_block {
  const float* x = nullptr;
  std::int64_t x_stride = 0;
  float* y = nullptr;
  std::int64_t y_stride = 0;
  std::int64_t rows = 0, cols = 0;
  const float *scale = nullptr, *shift = nullptr;
  const float* residual = nullptr;
  std::int64_t residual_stride = 0;
  activation act = activation::none;
};

/// One image through a Winograd transform: from the map x (input side) or to the map y (output side). Strides
/// are from one pixel to the next.
struct winograd_block {
  const float* x = nullptr;  ///< input side: h x w x channels
  std::int64_t x_stride = 0;
  float* y = nullptr;  ///< output side: out_h x out_w x channels
  std::int64_t y_stride = 0;
  float* transformed = nullptr;  ///< 16 x tiles x channels
  std::int64_t h = 0, w = 0, channels = 0, out_h = 0, out_w = 0, pad = 0;
  std::int64_t tiles = 0, tile_begin = 0, tile_end = 0;
  gemm_epilogue<float> epilogue;  ///< output side
};

/// One step of Adam over `count` parameters; moments are kept in `first` and `second`. The bias corrections
/// are part of `rate` (learning rate / (1 - beta1^t)) and `correction` (1 / sqrt(1 - beta2^t)); rest = 1 -
/// beta.
struct adam_block {
  float* parameters = nullptr;
  const float* gradients = nullptr;
  float *first = nullptr, *second = nullptr;
  std::int64_t count = 0;
  float beta1 = 0, beta2 = 0, rest1 = 0, rest2 = 0, rate = 0, correction = 0, epsilon = 0, decay = 0;
};

}  // namespace kernels

AISLE_NAMESPACE_END
