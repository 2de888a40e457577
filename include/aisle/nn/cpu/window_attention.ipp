#pragma once

#include <algorithm>
#include <cmath>

#include <aisle/nn/cpu/layer.hpp>
#include <aisle/nn/op/window_attention.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn::cpu {

namespace detail {

/// A task is one head of one window: its rows are gathered into the worker's memory, and the result goes back
/// to where they came from. The map itself is neither padded nor rolled.
class window_attention_layer final : public layer {
 public:
  window_attention_layer(const window_attention& op, const load_context& from) : op_(op) {
    const std::int64_t each = from.in[0].c / static_cast<std::int64_t>(op.projections.size());
    padding_.resize(static_cast<std::size_t>(from.in[0].c));
    for (std::size_t i = 0; i < op.projections.size(); ++i)
      from.weights.read(
          op.projections[i] + ".bias", {each},
          std::span(padding_).subspan(i * static_cast<std::size_t>(each), static_cast<std::size_t>(each)));

    const std::int64_t w = op.window, offsets = 2 * w - 1, n = w * w;
    const buffer<float> table = from.weights.read(op.table, {offsets * offsets, op.heads});
    bias_.resize(static_cast<std::size_t>(op.heads * n * n));
    for (std::int64_t head = 0; head < op.heads; ++head)
      for (std::int64_t i = 0; i < n; ++i)
        for (std::int64_t j = 0; j < n; ++j) {
          const std::int64_t y = i / w - j / w + w - 1, x = i % w - j % w + w - 1;
          bias_[static_cast<std::size_t>((head * n + i) * n + j)] =
              table[static_cast<std::size_t>((y * offsets + x) * op.heads + head)];
        }
  }

  std::size_t weight_bytes() const override { return (padding_.size() + bias_.size()) * sizeof(float); }
  std::int64_t scratch_bytes(const run_context& ctx, const value_shape&,
                             const value_shape& out) const override {
    const std::int64_t n = op_.window * op_.window, width = out.c / op_.heads;
    return static_cast<std::int64_t>(sizeof(float)) *
           (4 * n * width + n * n + ctx.table->attention_scratch(n, width));
  }

  void run(const operands& at, const run_context& ctx) const override {
    const value_view &in = at.in[0], &out = at.out;
    const std::int64_t w = op_.window, n = w * w, c = out.shape.c, width = c / op_.heads;
    const rolled_axis rows = op_.axis(in.shape.h, in.shape), columns = op_.axis(in.shape.w, in.shape);
    const std::int64_t windows = rows.windows() * columns.windows();
    ctx.each(ctx.items * windows * op_.heads, [&](std::int64_t task, int worker) {
      const std::int64_t head = task % op_.heads, item = task / op_.heads / windows,
                         window = task / op_.heads % windows, top = window / columns.windows() * w,
                         left = window % columns.windows() * w;
      const auto place_of = [&](std::int64_t i) -> std::int64_t {  // row of the map; -1: padding
        const std::int64_t y = rows.place(top + i / w), x = columns.place(left + i % w);
        return y < rows.size && x < columns.size ? y * columns.size + x : -1;
      };
      float* qkv = reinterpret_cast<float*>(ctx.worker_scratch(worker));
      float *made = qkv + 3 * n * width, *masked = made + n * width;
      for (std::int64_t i = 0; i < n; ++i) {
        const std::int64_t place = place_of(i);
        const float* row =
            place < 0 ? padding_.data() : in.f32() + item * in.item_stride() + place * in.row_stride;
        for (std::int64_t part = 0; part < 3; ++part)
          std::copy_n(row + part * c + head * width, width, qkv + (3 * i + part) * width);
      }

      kernels::attention_block b;
      b.q = qkv;
      b.k = qkv + width;
      b.v = qkv + 2 * width;
      b.stride = 3 * width;
      b.out = made;
      b.out_stride = width;
      b.rows = n;
      b.width = width;
      b.scale = 1.0f / std::sqrt(static_cast<float>(width));
      b.bias = bias_.data() + head * n * n;
      b.scratch = masked + n * n;
      if (rows.wraps(top + w - 1) || columns.wraps(left + w - 1)) {
        const auto region = [&](std::int64_t i) {
          return 2 * rows.wraps(top + i / w) + columns.wraps(left + i % w);
        };
        for (std::int64_t i = 0; i < n; ++i)
          for (std::int64_t j = 0; j < n; ++j)
            masked[i * n + j] = b.bias[i * n + j] + (region(i) == region(j) ? 0.0f : apart);
        b.bias = masked;
      }
      ctx.table->attention(b);

      for (std::int64_t i = 0; i < n; ++i)
        if (const std::int64_t place = place_of(i); place >= 0)
          std::copy_n(made + i * width, width,
                      out.f32() + item * out.item_stride() + place * out.row_stride + head * width);
    });
  }

 private:
  /// Added to the scores of positions that are no neighbours, as the authors do; not minus infinity.
  static constexpr float apart = -100;
  window_attention op_;
  buffer<float> padding_, bias_;  // bias: heads x n x n
};

}  // namespace detail

AISLE_API std::unique_ptr<const layer> load(const window_attention& op, const load_context& from) {
  return std::unique_ptr<const layer>(new detail::window_attention_layer(op, from));
}

}  // namespace nn::cpu
AISLE_NAMESPACE_END
