#pragma once

#include <algorithm>

#include <aisle/nn/cpu/layer.hpp>
#include <aisle/nn/op/average_pool.hpp>
#include <aisle/nn/op/first_token.hpp>
#include <aisle/nn/op/global_average.hpp>
#include <aisle/nn/op/max_pool.hpp>
#include <aisle/nn/op/mean_tokens.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn::cpu {

namespace detail {

class pool_layer final : public layer {
 public:
  using kernel = void (*kernels::map_kernels::*)(const kernels::window_block&) noexcept;
  pool_layer(const window& w, kernel of, bool count_padding)
      : window_(w), kernel_(of), count_padding_(count_padding) {}

  void run(const operands& at, const run_context& ctx) const override {
    const value_view &in = at.in[0], &out = at.out;
    ctx.each(ctx.items * out.shape.h, [&](std::int64_t task) {
      const std::int64_t item = task / out.shape.h;
      kernels::window_block b;
      b.x = in.f32() + item * in.item_stride();
      b.x_stride = in.row_stride;
      b.y = out.f32() + item * out.item_stride();
      b.y_stride = out.row_stride;
      b.h = in.shape.h;
      b.w = in.shape.w;
      b.channels = in.shape.c;
      b.out_h = out.shape.h;
      b.out_w = out.shape.w;
      b.kernel_h = window_.height();
      b.kernel_w = window_.width();
      b.stride = window_.stride;
      b.pad_top = window_.rows().before(in.shape.h);
      b.pad_left = window_.columns().before(in.shape.w);
      b.row_begin = task % out.shape.h;
      b.row_end = b.row_begin + 1;
      b.count_padding = count_padding_;
      (map_kernels_of(*ctx.table).*kernel_)(b);
    });
  }

 private:
  window window_;
  kernel kernel_;
  bool count_padding_;
};

/// Rows [first, last) of an item's rows.
struct item_rows {
  std::int64_t first, last;
  static item_rows of(const run_context& ctx, const value_shape& in, std::int64_t item) {
    if (in.what != value_shape::kind::tokens) return {item * in.rows(), (item + 1) * in.rows()};
    const auto s = static_cast<std::size_t>(item);
    return {ctx.tokens.starts[s], ctx.tokens.starts[s + 1]};
  }
};

/// The mean of each item's rows but the first `skip`: of all pixels, or of a sequence's tokens.
class mean_layer final : public layer {
 public:
  explicit mean_layer(std::int64_t skip = 0) : skip_(skip) {}

  void run(const operands& at, const run_context& ctx) const override {
    const value_view &in = at.in[0], &out = at.out;
    ctx.each(ctx.items, [&](std::int64_t item) {
      item_rows rows = item_rows::of(ctx, in.shape, item);
      rows.first = std::min(rows.first + skip_, rows.last);
      kernels::columns_block b;
      b.x = in.f32() + rows.first * in.row_stride;
      b.x_stride = in.row_stride;
      b.y = out.f32() + item * out.row_stride;
      b.rows = rows.last - rows.first;
      b.cols = b.col_end = in.shape.c;
      b.scale = b.rows > 0 ? 1.0f / static_cast<float>(b.rows) : 0.0f;
      ctx.table->column_sum(b);
    });
  }

 private:
  std::int64_t skip_;
};

class first_token_layer final : public layer {
 public:
  void run(const operands& at, const run_context& ctx) const override {
    const value_view &in = at.in[0], &out = at.out;
    for (std::int64_t item = 0; item < ctx.items; ++item) {
      const item_rows rows = item_rows::of(ctx, in.shape, item);
      float* y = out.f32() + item * out.row_stride;
      if (rows.first == rows.last)  // no token, no first one: zeros, as the mean of none
        std::fill_n(y, in.shape.c, 0.0f);
      else
        std::copy_n(in.f32() + rows.first * in.row_stride, in.shape.c, y);
    }
  }
};

}  // namespace detail

AISLE_API std::unique_ptr<const layer> load(const max_pool& op, const load_context&) {
  return std::unique_ptr<const layer>(
      new detail::pool_layer(op.window, &kernels::map_kernels::max_pool, false));
}
AISLE_API std::unique_ptr<const layer> load(const average_pool& op, const load_context&) {
  return std::unique_ptr<const layer>(
      new detail::pool_layer(op.window, &kernels::map_kernels::average_pool, op.count_padding));
}
AISLE_API std::unique_ptr<const layer> load(const global_average&, const load_context&) {
  return std::unique_ptr<const layer>(new detail::mean_layer());
}
AISLE_API std::unique_ptr<const layer> load(const mean_tokens& op, const load_context&) {
  return std::unique_ptr<const layer>(new detail::mean_layer(op.skip));
}
AISLE_API std::unique_ptr<const layer> load(const first_token&, const load_context&) {
  return std::unique_ptr<const layer>(new detail::first_token_layer());
}

}  // namespace nn::cpu
AISLE_NAMESPACE_END
