#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <aisle/nn/cpu/layer.hpp>
#include <aisle/nn/op/patch_tokens.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn::cpu {

namespace detail {

/// Four taps of bicubic interpolation (a = -0.75) for output `i` of `to` over `from` inputs, as PyTorch
/// counts (align_corners false), repeated at the border.
struct cubic_taps {
  std::array<std::int64_t, 4> at{};
  std::array<double, 4> weight{};

  cubic_taps(std::int64_t i, std::int64_t from, std::int64_t to) {
    const double center =
        (static_cast<double>(i) + 0.5) * static_cast<double>(from) / static_cast<double>(to) - 0.5;
    const double low = std::floor(center), t = center - low;
    constexpr double a = -0.75;
    const auto inner = [](double x) { return ((a + 2) * x - (a + 3)) * x * x + 1; };
    const auto outer = [](double x) { return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a; };
    weight = {outer(t + 1), inner(t), inner(1 - t), outer(2 - t)};
    for (std::size_t k = 0; k < 4; ++k)
      at[k] = std::clamp<std::int64_t>(static_cast<std::int64_t>(low) - 1 + static_cast<std::int64_t>(k), 0,
                                       from - 1);
  }
};

/// Positions for one size of map: [h * w + 1, hidden].
struct positions_of_size final : sized {
  buffer<float> values;
};

class patch_tokens_layer final : public layer {
 public:
  patch_tokens_layer(const patch_tokens& op, const load_context& from)
      : op_(op),
        class_(from.weights.read(op.class_name, {from.in[0].c})),
        positions_(from.weights.read(op.positions_name, {op.side * op.side + 1, from.in[0].c})) {}

  std::size_t weight_bytes() const override { return (class_.size() + positions_.size()) * sizeof(float); }
  /// Resized whenever a side differs, also to the same number of patches.
  std::unique_ptr<const sized> measure(std::span<const value_layout> in, const value_shape&) const override {
    const value_shape& map = in[0].shape;
    if (map.h == op_.side && map.w == op_.side) return nullptr;
    auto made = std::make_unique<positions_of_size>();
    const std::int64_t c = map.c;
    made->values.resize(static_cast<std::size_t>((map.h * map.w + 1) * c));
    std::copy_n(positions_.data(), c, made->values.data());
    for (std::int64_t y = 0; y < map.h; ++y) {
      const cubic_taps rows(y, op_.side, map.h);
      for (std::int64_t x = 0; x < map.w; ++x) {
        const cubic_taps cols(x, op_.side, map.w);
        float* out = made->values.data() + (y * map.w + x + 1) * c;
        for (std::int64_t i = 0; i < c; ++i) {
          double sum = 0;
          for (std::size_t r = 0; r < 4; ++r)
            for (std::size_t k = 0; k < 4; ++k)
              sum +=
                  rows.weight[r] * cols.weight[k] *
                  static_cast<double>(
                      positions_[static_cast<std::size_t>((rows.at[r] * op_.side + cols.at[k] + 1) * c + i)]);
          out[i] = static_cast<float>(sum);
        }
      }
    }
    return made;
  }
  void run(const operands& at, const run_context& ctx) const override {
    const value_view &in = at.in[0], &out = at.out;
    const auto* other = static_cast<const positions_of_size*>(at.size);
    const float* positions = other ? other->values.data() : positions_.data();
    const std::int64_t c = in.shape.c, patches = in.shape.rows();
    ctx.each(ctx.items, [&](std::int64_t item) {
      kernels::affine_block b;
      b.x = class_.data();
      b.y = out.f32() + item * out.item_stride();
      b.residual = positions;
      b.rows = 1;
      b.cols = c;
      b.x_stride = b.residual_stride = c;
      b.y_stride = out.row_stride;
      ctx.table->affine(b);
      b.x = in.f32() + item * in.item_stride();
      b.x_stride = in.row_stride;
      b.y += out.row_stride;
      b.residual += c;
      b.rows = patches;
      ctx.table->affine(b);
    });
  }

 private:
  patch_tokens op_;
  buffer<float> class_, positions_;
};

}  // namespace detail

AISLE_API std::unique_ptr<const layer> load(const patch_tokens& op, const load_context& from) {
  return std::unique_ptr<const layer>(new detail::patch_tokens_layer(op, from));
}

}  // namespace nn::cpu
AISLE_NAMESPACE_END
