#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include <aisle/base/parallel.hpp>
#include <aisle/nn/norm.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn {

namespace detail {

/// Rows in pieces that are worth a task each; a piece's size never changes a row's result.
template <class Body>
void for_row_blocks(const run_context& ctx, std::int64_t rows, std::int64_t cols, Body body) {
  const std::int64_t step = std::max<std::int64_t>(1, 32768 / std::max<std::int64_t>(cols, 1));
  parallel_for((rows + step - 1) / step, ctx.threads,
               [&](std::int64_t task) { body(task * step, std::min(step, rows - task * step)); });
}

}  // namespace detail

AISLE_API prepared load(const batch_norm& op, const value_shape& in, const weight_source& weights) {
  std::vector<double> scale(static_cast<std::size_t>(in.c), 1.0), shift(static_cast<std::size_t>(in.c), 0.0);
  detail::batch_norm_affine(op.norm, in.c, weights, scale, shift);
  prepared p;
  for (std::size_t i = 0; i < scale.size(); ++i) {
    p.scale.push_back(static_cast<float>(scale[i]));
    p.shift.push_back(static_cast<float>(shift[i]));
  }
  return p;
}

AISLE_API prepared load(const layer_norm& op, const value_shape& in, const weight_source& weights) {
  prepared p;
  p.scale = weights.read(op.name + ".weight", {in.c});
  p.shift = weights.read(op.name + ".bias", {in.c});
  return p;
}

AISLE_API prepared load(const global_response_norm& op, const value_shape& in, const weight_source& weights) {
  prepared p;
  p.scale = weights.read(op.name + ".gamma", {in.c});
  p.shift = weights.read(op.name + ".beta", {in.c});
  return p;
}

AISLE_API void run(const batch_norm& op, const prepared& w, const run_context& ctx, value_view in,
                   value_view out) {
  const std::int64_t c = in.shape.c;
  detail::for_row_blocks(ctx, ctx.rows(in.shape), c, [&](std::int64_t first, std::int64_t rows) {
    kernels::affine_block b;
    b.x = in.data + first * c;
    b.y = out.data + first * c;
    b.rows = rows;
    b.cols = c;
    b.scale = w.scale.data();
    b.shift = w.shift.data();
    b.act = op.act;
    ctx.table->affine(b);
  });
}

AISLE_API void run(const layer_norm& op, const prepared& w, const run_context& ctx, value_view in,
                   value_view out) {
  const std::int64_t c = in.shape.c;
  detail::for_row_blocks(ctx, ctx.rows(in.shape), c, [&](std::int64_t first, std::int64_t rows) {
    kernels::layer_norm_block b;
    b.x = in.data + first * c;
    b.y = out.data + first * c;
    b.x_stride = b.y_stride = b.cols = c;
    b.rows = rows;
    b.gamma = w.scale.data();
    b.beta = w.shift.data();
    b.eps = op.eps;
    ctx.table->layer_norm(b);
  });
}

AISLE_API void run(const global_response_norm& op, const prepared& w, const run_context& ctx, value_view in,
                   value_view out, float* extra) {
  const std::int64_t c = in.shape.c, rows = in.shape.rows();
  // Sums over a channel's pixels are made by one worker in index order: split over channels, not over pixels.
  const std::int64_t step = std::max<std::int64_t>(64, (c / (2 * std::max(ctx.threads, 1)) + 63) / 64 * 64);
  const std::int64_t blocks = (c + step - 1) / step;
  parallel_for(ctx.items * blocks, ctx.threads, [&](std::int64_t task) {
    const std::int64_t item = task / blocks;
    kernels::columns_block b;
    b.x = in.data + item * in.shape.floats();
    b.y = extra + item * 2 * c;
    b.rows = rows;
    b.cols = c;
    b.col_begin = task % blocks * step;
    b.col_end = std::min(b.col_begin + step, c);
    ctx.table->column_squares(b);
  });
  for (std::int64_t item = 0; item < ctx.items; ++item) {
    float* norm = extra + item * 2 * c;
    double mean = 0;
    for (std::int64_t i = 0; i < c; ++i) {
      norm[i] = std::sqrt(norm[i]);
      mean += norm[i];
    }
    const float denominator = static_cast<float>(mean / static_cast<double>(c)) + op.eps;
    float* scale = norm + c;
    for (std::int64_t i = 0; i < c; ++i)
      scale[i] = w.scale[static_cast<std::size_t>(i)] * (norm[i] / denominator) + 1.0f;
  }
  for (std::int64_t item = 0; item < ctx.items; ++item) {
    detail::for_row_blocks(ctx, rows, c, [&](std::int64_t first, std::int64_t count) {
      kernels::affine_block b;
      b.x = in.data + item * in.shape.floats() + first * c;
      b.y = out.data + item * in.shape.floats() + first * c;
      b.rows = count;
      b.cols = c;
      b.scale = extra + item * 2 * c + c;
      b.shift = w.shift.data();
      ctx.table->affine(b);
    });
  }
}

AISLE_API void run(const l2_normalize&, const run_context& ctx, value_view in, value_view out) {
  const std::int64_t c = in.shape.c;
  for (std::int64_t r = 0; r < ctx.rows(in.shape); ++r) {
    double squares = 0;
    for (std::int64_t i = 0; i < c; ++i)
      squares += static_cast<double>(in.data[r * c + i]) * in.data[r * c + i];
    const double norm = std::max(std::sqrt(squares), 1e-12);
    for (std::int64_t i = 0; i < c; ++i) out.data[r * c + i] = static_cast<float>(in.data[r * c + i] / norm);
  }
}

}  // namespace nn
AISLE_NAMESPACE_END
