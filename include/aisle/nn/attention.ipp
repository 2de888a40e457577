#pragma once

#include <cmath>

#include <aisle/base/parallel.hpp>
#include <aisle/nn/attention.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn {

AISLE_API value_shape infer(const attention&, std::span<const value_shape> in) {
  value_shape s = in[0];
  s.c /= 3;
  return s;
}

AISLE_API void run(const attention& op, const run_context& ctx, value_view qkv, value_view out) {
  const std::int64_t hidden = out.shape.c, width = hidden / op.heads;
  const bool ragged = qkv.shape.what == value_shape::kind::tokens;
  parallel_for(ctx.items * op.heads, ctx.threads, [&](std::int64_t task, int worker) {
    const std::int64_t item = task / op.heads, head = task % op.heads;
    const auto s = static_cast<std::size_t>(item);
    const std::int64_t first = ragged ? ctx.tokens.starts[s] : item * qkv.shape.rows();
    kernels::attention_block b;
    b.rows = ragged ? ctx.tokens.starts[s + 1] - first : qkv.shape.rows();
    b.width = width;
    b.stride = 3 * hidden;
    b.q = qkv.data + first * b.stride + head * width;
    b.k = b.q + hidden;
    b.v = b.k + hidden;
    b.out = out.data + first * hidden + head * width;
    b.out_stride = hidden;
    b.scale = 1.0f / std::sqrt(static_cast<float>(width));
    b.scratch = reinterpret_cast<float*>(ctx.worker_scratch(worker));
    ctx.table->attention(b);
  });
}

}  // namespace nn
AISLE_NAMESPACE_END
