#pragma once

#include <algorithm>
#include <cmath>

#include <aisle/nn/cpu/layer.hpp>
#include <aisle/nn/op/attention.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn::cpu {

namespace detail {

class attention_layer final : public layer {
 public:
  explicit attention_layer(const attention& op) : op_(op) {}

  /// For the longest sequence.
  std::int64_t scratch_bytes(const run_context& ctx, const value_shape& in,
                             const value_shape& out) const override {
    std::int64_t rows = in.rows();
    if (in.what == value_shape::kind::tokens)
      for (std::size_t i = 0; i + 1 < ctx.tokens.starts.size(); ++i)
        rows = std::max(rows, ctx.tokens.starts[i + 1] - ctx.tokens.starts[i]);
    return static_cast<std::int64_t>(sizeof(float)) * ctx.table->attention_scratch(rows, out.c / op_.heads);
  }
  void run(const operands& at, const run_context& ctx) const override {
    const value_view &qkv = at.in[0], &out = at.out;
    const std::int64_t hidden = out.shape.c, width = hidden / op_.heads;
    const bool ragged = qkv.shape.what == value_shape::kind::tokens;
    ctx.each(ctx.items * op_.heads, [&](std::int64_t task, int worker) {
      const std::int64_t item = task / op_.heads, head = task % op_.heads;
      const auto s = static_cast<std::size_t>(item);
      const std::int64_t first = ragged ? ctx.tokens.starts[s] : item * qkv.shape.rows();
      kernels::attention_block b;
      b.rows = ragged ? ctx.tokens.starts[s + 1] - first : qkv.shape.rows();
      b.width = width;
      b.stride = qkv.row_stride;
      b.q = qkv.f32() + first * b.stride + head * width;
      b.k = b.q + hidden;
      b.v = b.k + hidden;
      b.out_stride = out.row_stride;
      b.out = out.f32() + first * b.out_stride + head * width;
      b.scale = 1.0f / std::sqrt(static_cast<float>(width));
      b.scratch = reinterpret_cast<float*>(ctx.worker_scratch(worker));
      ctx.table->attention(b);
    });
  }

 private:
  attention op_;
};

}  // namespace detail

AISLE_API std::unique_ptr<const layer> load(const attention& op, const load_context&) {
  return std::unique_ptr<const layer>(new detail::attention_layer(op));
}

}  // namespace nn::cpu
AISLE_NAMESPACE_END
