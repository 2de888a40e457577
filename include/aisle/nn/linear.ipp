#pragma once

#include <aisle/nn/linear.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn {

AISLE_API value_shape infer(const linear& op, std::span<const value_shape> in) {
  value_shape s = in[0];
  s.c = op.out;
  return s;
}

AISLE_API prepared load(const linear& op, const value_shape& in, const weight_source& weights,
                        const engine_options& options) {
  prepared p;
  const std::int64_t each = op.out / static_cast<std::int64_t>(op.names.size());
  buffer<float> part;
  std::int64_t loaded = -1;  // one layer's weights at a time: they are never held twice
  p.matrix =
      kernels::packed_matrix<float>(*options.table, in.c, op.out, [&](std::int64_t column, float* out) {
        if (const std::int64_t index = column / each; index != loaded) {
          part = weights.read(op.names[static_cast<std::size_t>(index)] + ".weight", {each, in.c});
          loaded = index;
        }
        std::copy_n(part.data() + column % each * in.c, in.c, out);
      });
  if (op.bias) {
    p.bias.resize(static_cast<std::size_t>(op.out));
    for (std::size_t i = 0; i < op.names.size(); ++i)
      weights.read(
          op.names[i] + ".bias", {each},
          std::span(p.bias).subspan(i * static_cast<std::size_t>(each), static_cast<std::size_t>(each)));
  }
  return p;
}

AISLE_API void run(const linear& op, const prepared& w, const run_context& ctx,
                   std::span<const value_view> in, value_view out) {
  kernels::gemm_rows<float> rows;
  rows.data = in[0].data;
  rows.stride = in[0].shape.c;
  kernels::gemm_epilogue<float> e;
  e.bias = op.bias ? w.bias.data() : nullptr;
  e.act = op.act;
  if (op.residual) {
    e.residual = in[1].data;
    e.residual_stride = op.out;
  }
  kernels::gemm_packed(w.matrix, rows, ctx.rows(in[0].shape), out.data, op.out, e, ctx.threads, ctx.scratch);
}

}  // namespace nn
AISLE_NAMESPACE_END
