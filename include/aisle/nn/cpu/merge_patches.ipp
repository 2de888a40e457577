#pragma once

#include <algorithm>

#include <aisle/nn/cpu/layer.hpp>
#include <aisle/nn/op/merge_patches.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn::cpu {

namespace detail {

class merge_patches_layer final : public layer {
 public:
  void run(const operands& at, const run_context& ctx) const override {
    const value_view &in = at.in[0], &out = at.out;
    const std::int64_t c = in.shape.c;
    ctx.each(ctx.items * out.shape.h, [&](std::int64_t task) {
      const std::int64_t item = task / out.shape.h, line = task % out.shape.h;
      const float* from = in.f32() + item * in.item_stride();
      float* to = out.f32() + item * out.item_stride() + line * out.shape.w * out.row_stride;
      for (std::int64_t column = 0; column < out.shape.w; ++column, to += out.row_stride)
        for (std::int64_t part = 0; part < 4; ++part) {
          const std::int64_t y = 2 * line + part % 2, x = 2 * column + part / 2;
          if (y < in.shape.h && x < in.shape.w)
            std::copy_n(from + (y * in.shape.w + x) * in.row_stride, c, to + part * c);
          else
            std::fill_n(to + part * c, c, 0.0f);
        }
    });
  }
};

}  // namespace detail

AISLE_API std::unique_ptr<const layer> load(const merge_patches&, const load_context&) {
  return std::unique_ptr<const layer>(new detail::merge_patches_layer());
}

}  // namespace nn::cpu
AISLE_NAMESPACE_END
