#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <aisle/kernels/choice.hpp>
#include <aisle/kernels/gemm.hpp>
#include <aisle/nn/cpu/folded_norm.ipp>
#include <aisle/nn/cpu/layer.hpp>
#include <aisle/nn/cpu/winograd.ipp>
#include <aisle/nn/op/conv2d.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn::cpu {

namespace detail {

/// How a convolution reads its input: the runs of each output pixel.
struct window_runs final : sized {
  std::vector<std::int32_t> offsets;  ///< in elements; -1: zeros
  std::int64_t taps = 1, run = 0;
  /// Non-zero: the input is first copied into a zero-bordered map of this size, whose window rows are one run
  /// each.
  std::int64_t bordered_h = 0, bordered_w = 0;
};

/// A convolution as a product over rows of pixels, which are read in place.
class conv2d_layer final : public layer {
 public:
  static bool fits(const conv2d&) { return true; }
  static double cost(const conv2d& op, const load_context& from) {
    const kernels::product_shape shape = product_of(op, from);
    return kernels::choose_product<float>(*from.engine.table, shape).cost(shape);
  }
  conv2d_layer(const conv2d& op, const load_context& from) : op_(op) {
    const kernels::product_shape shape = product_of(op, from);
    const std::int64_t channels = from.in[0].c, taps = op.window.taps();
    folded_convolution weights(op.name, op.bias, op.norms, op.out, channels, op.window, from.weights);
    matrix_ = kernels::packed_matrix<float>(kernels::choose_product<float>(*from.engine.table, shape),
                                            shape.k, shape.n, [&](std::int64_t o, float* column) {
                                              for (std::int64_t t = 0; t < taps; ++t)
                                                for (std::int64_t c = 0; c < channels; ++c)
                                                  column[t * channels + c] =
                                                      static_cast<float>(weights.at(o, c, t));
                                            });
    bias_ = weights.take_bias();
    zeros_.assign(static_cast<std::size_t>(channels), 0.0f);
  }

  std::size_t weight_bytes() const override {
    return matrix_.bytes() + (bias_.size() + zeros_.size()) * sizeof(float);
  }
  AISLE_API std::unique_ptr<const sized> measure(std::span<const value_layout> in,
                                                 const value_shape& out) const override;
  std::int64_t extra_bytes(std::span<const value_layout> in, const value_shape& out) const override {
    const border b = border_of(in[0], out);
    return b.h * b.w * in[0].shape.c * static_cast<std::int64_t>(sizeof(float));
  }
  std::int64_t scratch_bytes(const run_context&, const value_shape&, const value_shape&) const override {
    return matrix_.scratch_bytes();
  }
  AISLE_API void run(const operands& at, const run_context& ctx) const override;

 private:
  static kernels::product_shape product_of(const conv2d& op, const load_context& from) {
    return {.m = op.infer(from.in).rows(), .n = op.out, .k = op.window.taps() * from.in[0].c};
  }
  struct border {
    std::int64_t h = 0, w = 0;
  };
  /// Few channels make short runs (3 floats for a picture): copied into a zero-bordered map, a whole row of
  /// the window is one run. The product's order of k stays (row, column, channel) either way.
  bool merges(const value_shape& in) const {
    return op_.window.taps() > 1 && in.c * op_.window.width() <= 64;
  }
  border border_of(const value_layout& from, const value_shape& out) const {
    const auto& w = op_.window;
    const value_shape& in = from.shape;
    const std::int64_t top = w.rows().before(in.h), left = w.columns().before(in.w),
                       needed_h = (out.h - 1) * w.stride + w.height(),
                       needed_w = (out.w - 1) * w.stride + w.width();
    if (!merges(in) || (from.dense() && top == 0 && left == 0 && needed_h <= in.h && needed_w <= in.w))
      return {};
    return {std::max(in.h + top, needed_h), std::max(in.w + left, needed_w)};
  }
  void copy_with_border(const window_runs& runs, const value_view& in, float* extra,
                        const run_context& ctx) const;

  conv2d op_;
  kernels::packed_matrix<float> matrix_;
  buffer<float> bias_, zeros_;
};

AISLE_API std::unique_ptr<const sized> conv2d_layer::measure(std::span<const value_layout> layouts,
                                                             const value_shape& out) const {
  const value_shape& in = layouts[0].shape;
  const auto& w = op_.window;
  auto runs = std::make_unique<window_runs>();
  std::int64_t pad_top = w.rows().before(in.h), pad_left = w.columns().before(in.w), width = in.w,
               height = in.h;
  if (w.taps() == 1 && w.stride == 1 && pad_top == 0 && pad_left == 0) return nullptr;  // rows as they lie
  const border b = border_of(layouts[0], out);
  const bool merge = merges(in);
  runs->taps = merge ? w.height() : w.taps();
  runs->run = merge ? w.width() * in.c : in.c;
  if (b.h > 0) {
    runs->bordered_h = height = b.h;
    runs->bordered_w = width = b.w;
    pad_top = pad_left = 0;
  }
  const std::int64_t stride = b.h > 0 ? in.c : layouts[0].row_stride;
  if (height * width * stride > INT32_MAX)
    throw shape_error("convolution '" + op_.name + "': an input of " + to_string(in) + " is too large");
  runs->offsets.reserve(static_cast<std::size_t>(out.h * out.w * runs->taps));
  for (std::int64_t oy = 0; oy < out.h; ++oy)
    for (std::int64_t ox = 0; ox < out.w; ++ox)
      for (std::int64_t t = 0; t < runs->taps; ++t) {
        const std::int64_t y = oy * w.stride - pad_top + (merge ? t : t / w.width());
        const std::int64_t x = ox * w.stride - pad_left + (merge ? 0 : t % w.width());
        const bool inside = y >= 0 && y < height && x >= 0 && x < width;
        runs->offsets.push_back(inside ? static_cast<std::int32_t>((y * width + x) * stride) : -1);
      }
  return runs;
}

/// The input inside a border of zeros.
AISLE_API void conv2d_layer::copy_with_border(const window_runs& runs, const value_view& in, float* extra,
                                              const run_context& ctx) const {
  const std::int64_t c = in.shape.c, row = runs.bordered_w * c,
                     left = op_.window.columns().before(in.shape.w) * c,
                     top = op_.window.rows().before(in.shape.h);
  ctx.each(ctx.items * runs.bordered_h, [&](std::int64_t task) {
    const std::int64_t item = task / runs.bordered_h, y = task % runs.bordered_h - top;
    float* to = extra + task * row;
    if (y < 0 || y >= in.shape.h) {
      std::fill_n(to, row, 0.0f);
      return;
    }
    const float* from = in.f32() + item * in.item_stride() + y * in.shape.w * in.row_stride;
    std::fill_n(to, left, 0.0f);
    to += left;
    for (std::int64_t x = 0; x < in.shape.w; ++x) to = std::copy_n(from + x * in.row_stride, c, to);
    std::fill_n(to, row - left - in.shape.w * c, 0.0f);
  });
}

AISLE_API void conv2d_layer::run(const operands& at, const run_context& ctx) const {
  const value_view &in = at.in[0], &out = at.out;
  kernels::gemm_rows<float> rows;
  rows.data = in.f32();
  rows.stride = in.row_stride;
  if (const auto* runs = static_cast<const window_runs*>(at.size)) {
    rows.offsets = runs->offsets.data();
    rows.taps = runs->taps;
    rows.run = runs->run;
    rows.rows_per_item = out.shape.rows();
    rows.item_stride = in.item_stride();
    rows.zeros = zeros_.data();
    if (runs->bordered_h > 0) {
      copy_with_border(*runs, in, at.extra, ctx);
      rows.data = at.extra;
      rows.stride = in.shape.c;
      rows.item_stride = runs->bordered_h * runs->bordered_w * in.shape.c;
    }
  }
  kernels::gemm_epilogue<float> e;
  e.bias = bias_.empty() ? nullptr : bias_.data();
  e.act = op_.act;
  if (op_.residual) {
    e.residual = at.in[1].f32();
    e.residual_stride = at.in[1].row_stride;
  }
  const kernels::gemm_work<float> work(matrix_, rows, ctx.rows(out.shape), out.f32(), out.row_stride, e,
                                       ctx.threads);
  ctx.each(work.tasks(), [&](std::int64_t task, int worker) { work.run(task, ctx.worker_scratch(worker)); });
}

}  // namespace detail

namespace detail {

/// A way to compute convolutions.
struct convolution_algorithm {
  convolution_choice name;
  bool (*fits)(const conv2d&);
  double (*cost)(const conv2d&, const load_context&);
  std::unique_ptr<const layer> (*make)(const conv2d&, const load_context&);
};

template <class Layer>
constexpr convolution_algorithm algorithm_of(convolution_choice name) {
  return {
      .name = name, .fits = Layer::fits, .cost = Layer::cost, .make = [](const auto& op, const auto& from) {
        return std::unique_ptr<const layer>(new Layer(op, from));
      }};
}

}  // namespace detail

/// The cheapest algorithm of those that fit and are asked for; the direct one fits always.
AISLE_API std::unique_ptr<const layer> load(const conv2d& op, const load_context& from) {
  static constexpr detail::convolution_algorithm all[] = {
      detail::algorithm_of<detail::winograd_layer>(convolution_choice::winograd),
      detail::algorithm_of<detail::conv2d_layer>(convolution_choice::direct)};
  const detail::convolution_algorithm* best = nullptr;
  for (const detail::convolution_algorithm& a : all) {
    if (!a.fits(op)) continue;
    if (a.name == from.engine.convolutions) return a.make(op, from);
    if (from.engine.convolutions != convolution_choice::cheapest || !best ||
        a.cost(op, from) < best->cost(op, from))
      best = &a;
  }
  return best->make(op, from);
}

}  // namespace nn::cpu
AISLE_NAMESPACE_END
