#pragma once

#include <aisle/nn/elementwise.hpp>
#include <aisle/nn/norm.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn {

namespace detail {
AISLE_API void run_affine(const run_context& ctx, value_view x, const float* residual,
                          kernels::activation act, value_view out) {
  const std::int64_t c = x.shape.c;
  for_row_blocks(ctx, ctx.rows(x.shape), c, [&](std::int64_t first, std::int64_t rows) {
    kernels::affine_block b;
    b.x = x.data + first * c;
    b.y = out.data + first * c;
    b.residual = residual ? residual + first * c : nullptr;
    b.rows = rows;
    b.cols = c;
    b.act = act;
    ctx.table->affine(b);
  });
}
}  // namespace detail

AISLE_API void run(const activate& op, const run_context& ctx, value_view in, value_view out) {
  detail::run_affine(ctx, in, nullptr, op.act, out);
}

AISLE_API void run(const add& op, const run_context& ctx, std::span<const value_view> in, value_view out) {
  detail::run_affine(ctx, in[0], in[1].data, op.act, out);
}

}  // namespace nn
AISLE_NAMESPACE_END
