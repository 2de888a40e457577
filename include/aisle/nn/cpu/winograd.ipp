#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include <aisle/kernels/choice.hpp>
#include <aisle/kernels/gemm.hpp>
#include <aisle/nn/cpu/folded_norm.ipp>
#include <aisle/nn/cpu/layer.hpp>
#include <aisle/nn/op/conv2d.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn::cpu {

namespace detail {

/// U = G g G^T of one 3x3 kernel: 16 values.
AISLE_API void winograd_weights(const std::array<double, 9>& g, std::array<float, 16>& u) {
  constexpr double G[4][3] = {{1, 0, 0}, {0.5, 0.5, 0.5}, {0.5, -0.5, 0.5}, {0, 0, 1}};
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t j = 0; j < 4; ++j) {
      double s = 0;
      for (std::size_t a = 0; a < 3; ++a)
        for (std::size_t b = 0; b < 3; ++b) s += G[i][a] * g[a * 3 + b] * G[j][b];
      u[i * 4 + j] = static_cast<float>(s);
    }
}

/// A 3x3 convolution of stride 1 by F(2x2, 3x3): 16 products over tiles of 2 x 2 pixels.
class winograd_layer final : public layer {
 public:
  static bool fits(const conv2d& op) {
    return op.window.height() == 3 && op.window.width() == 3 && op.window.stride == 1 &&
           op.window.mode == padding::fixed;
  }
  static double cost(const conv2d& op, const load_context& from) {
    const kernels::product_shape shape = product_of(op, from);
    const kernels::winograd_cost& transform = from.engine.table->costs->winograd;
    return 16 * kernels::choose_product<float>(*from.engine.table, shape).cost(shape) +
           static_cast<double>(shape.m) * (static_cast<double>(shape.k) * transform.input +
                                           static_cast<double>(shape.n) * transform.output);
  }
  winograd_layer(const conv2d& op, const load_context& from) : op_(op) {
    const kernels::product_kernel<float>& kernel =
        kernels::choose_product<float>(*from.engine.table, product_of(op, from));
    const std::int64_t channels = from.in[0].c;
    folded_convolution weights(op.name, op.bias, op.norms, op.out, channels, op.window, from.weights);
    buffer<float> transformed(static_cast<std::size_t>(16 * op.out * channels));
    for (std::int64_t o = 0; o < op.out; ++o)
      for (std::int64_t c = 0; c < channels; ++c) {
        std::array<double, 9> g{};
        for (std::size_t t = 0; t < 9; ++t) g[t] = weights.at(o, c, static_cast<std::int64_t>(t));
        std::array<float, 16> u{};
        winograd_weights(g, u);
        for (std::size_t i = 0; i < 16; ++i)
          transformed[static_cast<std::size_t>((static_cast<std::int64_t>(i) * op.out + o) * channels + c)] =
              u[i];
      }
    for (std::int64_t i = 0; i < 16; ++i)
      products_.emplace_back(kernel, channels, op.out, transformed.data() + i * op.out * channels, channels);
    bias_ = weights.take_bias();
  }

  std::size_t weight_bytes() const override {
    std::size_t n = bias_.size() * sizeof(float);
    for (const auto& m : products_) n += m.bytes();
    return n;
  }
  std::int64_t extra_bytes(std::span<const value_layout> in, const value_shape& out) const override {
    return 16 * tiles(out) * (in[0].shape.c + out.c) * static_cast<std::int64_t>(sizeof(float));
  }
  std::int64_t scratch_bytes(const run_context&, const value_shape&, const value_shape&) const override {
    return products_[0].scratch_bytes();
  }
  AISLE_API void run(const operands& at, const run_context& ctx) const override;

 private:
  /// Of each of the 16.
  static kernels::product_shape product_of(const conv2d& op, const load_context& from) {
    return {.m = tiles(op.infer(from.in)), .n = op.out, .k = from.in[0].c};
  }
  static std::int64_t tiles(const value_shape& out) { return ((out.h + 1) / 2) * ((out.w + 1) / 2); }
  conv2d op_;
  std::vector<kernels::packed_matrix<float>> products_;
  buffer<float> bias_;
};

AISLE_API void winograd_layer::run(const operands& at, const run_context& ctx) const {
  const value_view &in = at.in[0], &out = at.out;
  const std::int64_t count = tiles(out.shape), step = 8, channels = in.shape.c;
  for (std::int64_t item = 0; item < ctx.items; ++item) {
    float* v = at.extra + item * 16 * count * (channels + op_.out);
    float* m = v + 16 * count * channels;
    kernels::winograd_block b;
    b.h = in.shape.h;
    b.w = in.shape.w;
    b.out_h = out.shape.h;
    b.out_w = out.shape.w;
    b.pad = op_.window.pad;
    b.tiles = count;
    const auto each_tile = [&](auto transform) {
      ctx.each((count + step - 1) / step, [&](std::int64_t task) {
        kernels::winograd_block mine = b;
        mine.tile_begin = task * step;
        mine.tile_end = std::min(mine.tile_begin + step, count);
        transform(mine);
      });
    };
    b.x = in.f32() + item * in.item_stride();
    b.x_stride = in.row_stride;
    b.channels = channels;
    b.transformed = v;
    each_tile(winograd_kernels_of(*ctx.table).input);
    for (std::int64_t i = 0; i < 16; ++i) {
      kernels::gemm_rows<float> rows;
      rows.data = v + i * count * channels;
      rows.stride = channels;
      const kernels::gemm_work<float> work(products_[static_cast<std::size_t>(i)], rows, count,
                                           m + i * count * op_.out, op_.out, {}, ctx.threads);
      ctx.each(work.tasks(),
               [&](std::int64_t task, int worker) { work.run(task, ctx.worker_scratch(worker)); });
    }
    b.y = out.f32() + item * out.item_stride();
    b.y_stride = out.row_stride;
    b.channels = op_.out;
    b.transformed = m;
    b.epilogue.bias = bias_.empty() ? nullptr : bias_.data();
    if (op_.residual) {
      b.epilogue.residual = at.in[1].f32() + item * at.in[1].item_stride();
      b.epilogue.residual_stride = at.in[1].row_stride;
    }
    b.epilogue.act = op_.act;
    each_tile(winograd_kernels_of(*ctx.table).output);
  }
}

}  // namespace detail

}  // namespace nn::cpu
AISLE_NAMESPACE_END
