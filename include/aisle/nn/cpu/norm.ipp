#pragma once

#include <algorithm>
#include <cmath>

#include <aisle/nn/cpu/layer.hpp>
#include <aisle/nn/op/global_response_norm.hpp>
#include <aisle/nn/op/l2_normalize.hpp>
#include <aisle/nn/op/layer_norm.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn::cpu {

namespace detail {

class layer_norm_layer final : public layer {
 public:
  layer_norm_layer(const layer_norm& op, const load_context& from)
      : eps_(op.eps),
        gamma_(from.weights.read(op.name + ".weight", {from.in[0].c})),
        beta_(from.weights.read(op.name + ".bias", {from.in[0].c})) {}

  std::size_t weight_bytes() const override { return (gamma_.size() + beta_.size()) * sizeof(float); }
  void run(const operands& at, const run_context& ctx) const override {
    const value_view& in = at.in[0];
    ctx.each_rows(ctx.rows(in.shape), in.shape.c, [&](std::int64_t first, std::int64_t rows) {
      kernels::layer_norm_block b;
      b.x = in.f32() + first * in.row_stride;
      b.x_stride = in.row_stride;
      b.y = at.out.f32() + first * at.out.row_stride;
      b.y_stride = at.out.row_stride;
      b.rows = rows;
      b.cols = in.shape.c;
      b.gamma = gamma_.data();
      b.beta = beta_.data();
      b.eps = eps_;
      ctx.table->layer_norm(b);
    });
  }

 private:
  float eps_;
  buffer<float> gamma_, beta_;
};

class grn_layer final : public layer {
 public:
  grn_layer(const global_response_norm& op, const load_context& from)
      : eps_(op.eps),
        gamma_(from.weights.read(op.name + ".gamma", {from.in[0].c})),
        beta_(from.weights.read(op.name + ".beta", {from.in[0].c})) {}

  std::size_t weight_bytes() const override { return (gamma_.size() + beta_.size()) * sizeof(float); }
  /// Each channel's norm and scale.
  std::int64_t extra_bytes(std::span<const value_layout> in, const value_shape&) const override {
    return 2 * in[0].shape.c * static_cast<std::int64_t>(sizeof(float));
  }
  AISLE_API void run(const operands& at, const run_context& ctx) const override;

 private:
  float eps_;
  buffer<float> gamma_, beta_;
};

AISLE_API void grn_layer::run(const operands& at, const run_context& ctx) const {
  const value_view &in = at.in[0], &out = at.out;
  const std::int64_t c = in.shape.c, rows = in.shape.rows();
  // Sums over a channel's pixels are made by one worker in index order: split over channels, not over pixels.
  const std::int64_t step = std::max<std::int64_t>(64, (c / (2 * std::max(ctx.threads, 1)) + 63) / 64 * 64);
  const std::int64_t blocks = (c + step - 1) / step;
  ctx.each(ctx.items * blocks, [&](std::int64_t task) {
    const std::int64_t item = task / blocks;
    kernels::columns_block b;
    b.x = in.f32() + item * in.item_stride();
    b.x_stride = in.row_stride;
    b.y = at.extra + item * 2 * c;
    b.rows = rows;
    b.cols = c;
    b.col_begin = task % blocks * step;
    b.col_end = std::min(b.col_begin + step, c);
    map_kernels_of(*ctx.table).column_squares(b);
  });
  for (std::int64_t item = 0; item < ctx.items; ++item) {
    float* norm = at.extra + item * 2 * c;
    double mean = 0;
    for (std::int64_t i = 0; i < c; ++i) {
      norm[i] = std::sqrt(norm[i]);
      mean += norm[i];
    }
    const float denominator = static_cast<float>(mean / static_cast<double>(c)) + eps_;
    float* scale = norm + c;
    for (std::int64_t i = 0; i < c; ++i)
      scale[i] = gamma_[static_cast<std::size_t>(i)] * (norm[i] / denominator) + 1.0f;
  }
  for (std::int64_t item = 0; item < ctx.items; ++item) {
    ctx.each_rows(rows, c, [&](std::int64_t first, std::int64_t count) {
      kernels::affine_block b;
      b.x = in.f32() + item * in.item_stride() + first * in.row_stride;
      b.x_stride = in.row_stride;
      b.y = out.f32() + item * out.item_stride() + first * out.row_stride;
      b.y_stride = out.row_stride;
      b.rows = count;
      b.cols = c;
      b.scale = at.extra + item * 2 * c + c;
      b.shift = beta_.data();
      ctx.table->affine(b);
    });
  }
}

class l2_layer final : public layer {
 public:
  void run(const operands& at, const run_context& ctx) const override {
    const value_view &in = at.in[0], &out = at.out;
    for (std::int64_t r = 0; r < ctx.rows(in.shape); ++r) {
      const float* x = in.f32() + r * in.row_stride;
      float* y = out.f32() + r * out.row_stride;
      double squares = 0;
      for (std::int64_t i = 0; i < in.shape.c; ++i) squares += static_cast<double>(x[i]) * x[i];
      const double norm = std::max(std::sqrt(squares), 1e-12);
      for (std::int64_t i = 0; i < in.shape.c; ++i) y[i] = static_cast<float>(x[i] / norm);
    }
  }
};

}  // namespace detail

AISLE_API std::unique_ptr<const layer> load(const layer_norm& op, const load_context& from) {
  return std::unique_ptr<const layer>(new detail::layer_norm_layer(op, from));
}
AISLE_API std::unique_ptr<const layer> load(const global_response_norm& op, const load_context& from) {
  return std::unique_ptr<const layer>(new detail::grn_layer(op, from));
}
AISLE_API std::unique_ptr<const layer> load(const l2_normalize&, const load_context&) {
  return std::unique_ptr<const layer>(new detail::l2_layer());
}

}  // namespace nn::cpu
AISLE_NAMESPACE_END
