#pragma once

#include <aisle/nn/cpu/folded_norm.ipp>
#include <aisle/nn/cpu/layer.hpp>
#include <aisle/nn/op/depthwise.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn::cpu {

namespace detail {

class depthwise_layer final : public layer {
 public:
  depthwise_layer(const depthwise& op, const load_context& from) : op_(op) {
    const std::int64_t channels = from.in[0].c, taps = op.window.taps();
    folded_convolution weights(op.name, op.bias, op.norms, channels, 1, op.window, from.weights);
    weights_.resize(static_cast<std::size_t>(taps * channels));  // windows want [tap][channel]
    for (std::int64_t t = 0; t < taps; ++t)
      for (std::int64_t c = 0; c < channels; ++c)
        weights_[static_cast<std::size_t>(t * channels + c)] = static_cast<float>(weights.at(c, 0, t));
    bias_ = weights.take_bias();
  }

  std::size_t weight_bytes() const override { return (weights_.size() + bias_.size()) * sizeof(float); }
  void run(const operands& at, const run_context& ctx) const override {
    const value_view &in = at.in[0], &out = at.out;
    kernels::window_block b;
    b.h = in.shape.h;
    b.w = in.shape.w;
    b.channels = in.shape.c;
    b.x_stride = in.row_stride;
    b.y_stride = out.row_stride;
    b.out_h = out.shape.h;
    b.out_w = out.shape.w;
    b.kernel_h = op_.window.height();
    b.kernel_w = op_.window.width();
    b.stride = op_.window.stride;
    b.pad_top = op_.window.rows().before(in.shape.h);
    b.pad_left = op_.window.columns().before(in.shape.w);
    b.weights = weights_.data();
    b.bias = bias_.empty() ? nullptr : bias_.data();
    b.act = op_.act;
    const kernels::map_kernels& maps = map_kernels_of(*ctx.table);
    ctx.each(ctx.items * out.shape.h, [&](std::int64_t task) {
      kernels::window_block mine = b;
      const std::int64_t item = task / out.shape.h;
      mine.x = in.f32() + item * in.item_stride();
      mine.y = out.f32() + item * out.item_stride();
      mine.row_begin = task % out.shape.h;
      mine.row_end = mine.row_begin + 1;
      maps.depthwise(mine);
    });
  }

 private:
  depthwise op_;
  buffer<float> weights_, bias_;
};

}  // namespace detail

AISLE_API std::unique_ptr<const layer> load(const depthwise& op, const load_context& from) {
  return std::unique_ptr<const layer>(new detail::depthwise_layer(op, from));
}

}  // namespace nn::cpu
AISLE_NAMESPACE_END
