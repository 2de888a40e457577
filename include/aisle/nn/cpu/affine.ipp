#pragma once

#include <utility>
#include <vector>

#include <aisle/nn/cpu/folded_norm.ipp>
#include <aisle/nn/cpu/layer.hpp>
#include <aisle/nn/op/activate.hpp>
#include <aisle/nn/op/add.hpp>
#include <aisle/nn/op/batch_norm.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn::cpu {

namespace detail {

/// y = activation(x * scale + shift + residual) over rows: what addition, activation and batch norm are.
class affine_layer final : public layer {
 public:
  affine_layer(kernels::activation act, bool residual, buffer<float> scale = {}, buffer<float> shift = {})
      : act_(act), residual_(residual), scale_(std::move(scale)), shift_(std::move(shift)) {}

  std::size_t weight_bytes() const override { return (scale_.size() + shift_.size()) * sizeof(float); }
  void run(const operands& at, const run_context& ctx) const override {
    const value_view& in = at.in[0];
    ctx.each_rows(ctx.rows(in.shape), in.shape.c, [&](std::int64_t first, std::int64_t rows) {
      kernels::affine_block b;
      b.x = in.f32() + first * in.row_stride;
      b.x_stride = in.row_stride;
      b.y = at.out.f32() + first * at.out.row_stride;
      b.y_stride = at.out.row_stride;
      if (residual_) {
        b.residual = at.in[1].f32() + first * at.in[1].row_stride;
        b.residual_stride = at.in[1].row_stride;
      }
      b.rows = rows;
      b.cols = in.shape.c;
      b.scale = scale_.empty() ? nullptr : scale_.data();
      b.shift = shift_.empty() ? nullptr : shift_.data();
      b.act = act_;
      ctx.table->affine(b);
    });
  }

 private:
  kernels::activation act_;
  bool residual_;
  buffer<float> scale_, shift_;
};

}  // namespace detail

AISLE_API std::unique_ptr<const layer> load(const activate& op, const load_context&) {
  return std::unique_ptr<const layer>(new detail::affine_layer(op.act, false));
}
AISLE_API std::unique_ptr<const layer> load(const add& op, const load_context&) {
  return std::unique_ptr<const layer>(new detail::affine_layer(op.act, true));
}
AISLE_API std::unique_ptr<const layer> load(const batch_norm& op, const load_context& from) {
  const auto c = static_cast<std::size_t>(from.in[0].c);
  std::vector<double> scale(c, 1.0), shift(c, 0.0);
  detail::batch_norm_affine(op.norm, from.in[0].c, from.weights, scale, shift);
  buffer<float> s(c), t(c);
  for (std::size_t i = 0; i < c; ++i) {
    s[i] = static_cast<float>(scale[i]);
    t[i] = static_cast<float>(shift[i]);
  }
  return std::unique_ptr<const layer>(new detail::affine_layer(op.act, false, std::move(s), std::move(t)));
}

}  // namespace nn::cpu
AISLE_NAMESPACE_END
