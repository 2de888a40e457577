#pragma once

#include <algorithm>

#include <aisle/base/parallel.hpp>
#include <aisle/nn/pooling.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn {

AISLE_API value_shape infer(const max_pool& op, std::span<const value_shape> in) {
  const auto axis = [&](std::int64_t size) { return (size + 2 * op.pad - op.kernel) / op.stride + 1; };
  if (in[0].h + 2 * op.pad < op.kernel || in[0].w + 2 * op.pad < op.kernel)
    throw shape_error("max pool: an input of " + to_string(in[0]) + " is smaller than its window of " +
                      std::to_string(op.kernel));
  return value_shape::map(axis(in[0].h), axis(in[0].w), in[0].c);
}

AISLE_API void run(const max_pool& op, const run_context& ctx, value_view in, value_view out) {
  parallel_for(ctx.items * out.shape.h, ctx.threads, [&](std::int64_t task) {
    const std::int64_t item = task / out.shape.h;
    kernels::window_block b;
    b.x = in.data + item * in.shape.floats();
    b.y = out.data + item * out.shape.floats();
    b.h = in.shape.h;
    b.w = in.shape.w;
    b.channels = in.shape.c;
    b.out_h = out.shape.h;
    b.out_w = out.shape.w;
    b.kernel_h = b.kernel_w = op.kernel;
    b.stride = op.stride;
    b.pad_top = b.pad_left = op.pad;
    b.row_begin = task % out.shape.h;
    b.row_end = b.row_begin + 1;
    ctx.table->max_pool(b);
  });
}

namespace detail {

/// Mean of `rows` rows of c columns into one row.
AISLE_API void mean_rows(const run_context& ctx, const float* x, std::int64_t rows, std::int64_t c,
                         float* y) {
  kernels::columns_block b;
  b.x = x;
  b.y = y;
  b.rows = rows;
  b.cols = b.col_end = c;
  b.scale = rows > 0 ? 1.0f / static_cast<float>(rows) : 0.0f;
  ctx.table->column_sum(b);
}

}  // namespace detail

AISLE_API void run(const global_average&, const run_context& ctx, value_view in, value_view out) {
  parallel_for(ctx.items, ctx.threads, [&](std::int64_t item) {
    detail::mean_rows(ctx, in.data + item * in.shape.floats(), in.shape.rows(), in.shape.c,
                      out.data + item * in.shape.c);
  });
}

AISLE_API void run(const mean_tokens&, const run_context& ctx, value_view in, value_view out) {
  const std::int64_t c = in.shape.c;
  const auto starts = ctx.tokens.starts;
  parallel_for(ctx.items, ctx.threads, [&](std::int64_t item) {
    const auto s = static_cast<std::size_t>(item);
    detail::mean_rows(ctx, in.data + starts[s] * c, starts[s + 1] - starts[s], c, out.data + item * c);
  });
}

AISLE_API void run(const first_token&, const run_context& ctx, value_view in, value_view out) {
  const std::int64_t c = in.shape.c;
  const auto starts = ctx.tokens.starts;
  for (std::int64_t item = 0; item < ctx.items; ++item) {
    const auto s = static_cast<std::size_t>(item);
    if (starts[s] == starts[s + 1])  // no token, no first one: zeros, as the mean of none
      std::fill_n(out.data + item * c, c, 0.0f);
    else
      std::copy_n(in.data + starts[s] * c, c, out.data + item * c);
  }
}

}  // namespace nn
AISLE_NAMESPACE_END
