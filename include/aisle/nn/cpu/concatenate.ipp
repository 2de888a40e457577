#pragma once

#include <algorithm>

#include <aisle/nn/cpu/layer.hpp>
#include <aisle/nn/op/concatenate.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn::cpu {

namespace detail {

/// Copies the inputs that the plan could not place in the output's columns.
class concatenate_layer final : public layer {
 public:
  void run(const operands& at, const run_context& ctx) const override {
    float* column = at.out.f32();
    for (const value_view& in : at.in) {
      if (in.f32() != column)
        ctx.each_rows(ctx.rows(in.shape), in.shape.c, [&](std::int64_t first, std::int64_t rows) {
          for (std::int64_t r = first; r < first + rows; ++r)
            std::copy_n(in.f32() + r * in.row_stride, in.shape.c, column + r * at.out.row_stride);
        });
      column += in.shape.c;
    }
  }
};

}  // namespace detail

AISLE_API std::unique_ptr<const layer> load(const concatenate&, const load_context&) {
  return std::unique_ptr<const layer>(new detail::concatenate_layer());
}

}  // namespace nn::cpu
AISLE_NAMESPACE_END
