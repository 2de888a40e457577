#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include <aisle/base/parallel.hpp>
#include <aisle/nn/conv2d.hpp>

AISLE_NAMESPACE_BEGIN
namespace nn {

namespace detail {

/// Outputs along one axis and the padding before it.
AISLE_API std::pair<std::int64_t, std::int64_t> window_axis(std::int64_t size, std::int64_t kernel,
                                                            std::int64_t stride, std::int64_t pad,
                                                            padding mode) {
  if (mode == padding::same) {
    const std::int64_t n = (size + stride - 1) / stride;
    return {n, std::max<std::int64_t>((n - 1) * stride + kernel - size, 0) / 2};
  }
  return {size + 2 * pad < kernel ? 0 : (size + 2 * pad - kernel) / stride + 1, pad};
}

/// Scale and shift of batch norm at inference: y = x * scale + shift, in double (running variances can be
/// tiny).
AISLE_API void batch_norm_affine(const folded_norm& norm, std::int64_t c, const weight_source& weights,
                                 std::vector<double>& scale, std::vector<double>& shift) {
  const buffer<float> mean = weights.read(norm.name + ".running_mean", {c});
  const buffer<float> variance = weights.read(norm.name + ".running_var", {c});
  const buffer<float> gamma = weights.read(norm.name + ".weight", {c}),
                      beta = weights.read(norm.name + ".bias", {c});
  for (std::size_t i = 0; i < static_cast<std::size_t>(c); ++i) {
    const double s = gamma[i] / std::sqrt(static_cast<double>(variance[i]) + norm.eps);
    scale[i] *= s;
    shift[i] = shift[i] * s + beta[i] - mean[i] * s;
  }
}

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

AISLE_API bool winograd_fits(const conv2d& op) {
  return !op.depthwise && op.kernel == 3 && op.stride == 1 && op.mode == padding::fixed;
}

}  // namespace detail

AISLE_API value_shape infer(const conv2d& op, std::span<const value_shape> in) {
  const std::int64_t h = detail::window_axis(in[0].h, op.kernel, op.stride, op.pad, op.mode).first;
  const std::int64_t w = detail::window_axis(in[0].w, op.kernel, op.stride, op.pad, op.mode).first;
  if (h <= 0 || w <= 0)
    throw shape_error("convolution '" + op.name + "': an input of " + to_string(in[0]) +
                      " is smaller than its window of " + std::to_string(op.kernel) + " x " +
                      std::to_string(op.kernel));
  return value_shape::map(h, w, op.depthwise ? in[0].c : op.out);
}

AISLE_API conv2d_geometry measure(const conv2d& op, const value_shape& in, const value_shape& out,
                                  bool winograd) {
  conv2d_geometry g;
  g.pad_top = detail::window_axis(in.h, op.kernel, op.stride, op.pad, op.mode).second;
  g.pad_left = detail::window_axis(in.w, op.kernel, op.stride, op.pad, op.mode).second;
  if (op.depthwise) return g;
  if (winograd && detail::winograd_fits(op)) {
    const std::int64_t tiles = ((out.h + 1) / 2) * ((out.w + 1) / 2);
    g.extra_floats = 16 * tiles * (in.c + out.c);
    return g;
  }
  const bool plain = op.kernel == 1 && op.stride == 1 && g.pad_top == 0 && g.pad_left == 0;
  if (plain) return g;

  std::int64_t width = in.w, pad_top = g.pad_top, pad_left = g.pad_left;
  g.taps = op.kernel * op.kernel;
  g.run = in.c;
  // Few channels make short runs (3 floats for a picture): copied into a zero-bordered map, a whole row of
  // the window is one run. The product's order of k stays (row, column, channel) either way.
  const bool merge = op.kernel > 1 && in.c * op.kernel <= 64;
  if (merge) {
    const std::int64_t needed_h = (out.h - 1) * op.stride + op.kernel,
                       needed_w = (out.w - 1) * op.stride + op.kernel;
    g.taps = op.kernel;
    g.run = op.kernel * in.c;
    if (pad_top > 0 || pad_left > 0 || needed_h > in.h || needed_w > in.w) {
      g.bordered_h = std::max(in.h + pad_top, needed_h);
      g.bordered_w = std::max(in.w + pad_left, needed_w);
      g.extra_floats = g.bordered_h * g.bordered_w * in.c;
      width = g.bordered_w;
      pad_top = pad_left = 0;
    }
  }
  const std::int64_t limit_h = g.bordered_h ? g.bordered_h : in.h,
                     limit_w = g.bordered_w ? g.bordered_w : in.w;
  if (limit_h * limit_w * in.c > INT32_MAX)
    throw shape_error("convolution '" + op.name + "': an input of " + to_string(in) + " is too large");
  g.offsets.reserve(static_cast<std::size_t>(out.h * out.w * g.taps));
  for (std::int64_t oy = 0; oy < out.h; ++oy)
    for (std::int64_t ox = 0; ox < out.w; ++ox)
      for (std::int64_t t = 0; t < g.taps; ++t) {
        const std::int64_t y = oy * op.stride - pad_top + (merge ? t : t / op.kernel);
        const std::int64_t x = ox * op.stride - pad_left + (merge ? 0 : t % op.kernel);
        const bool inside = y >= 0 && y < limit_h && x >= 0 && x < limit_w;
        g.offsets.push_back(inside ? static_cast<std::int32_t>((y * width + x) * in.c) : -1);
      }
  return g;
}

AISLE_API prepared load(const conv2d& op, const value_shape& in, const weight_source& weights,
                        const engine_options& options) {
  prepared p;
  const std::int64_t out = op.depthwise ? in.c : op.out, in_c = op.depthwise ? 1 : in.c,
                     taps = op.kernel * op.kernel;
  std::vector<double> scale(static_cast<std::size_t>(out), 1.0), shift(static_cast<std::size_t>(out), 0.0);
  if (op.bias) {
    const buffer<float> b = weights.read(op.name + ".bias", {out});
    std::copy(b.begin(), b.end(), shift.begin());
  }
  for (const folded_norm& norm : op.norm) detail::batch_norm_affine(norm, out, weights, scale, shift);
  const buffer<float> raw = weights.read(op.name + ".weight", {out, in_c, op.kernel, op.kernel});
  if (op.bias || !op.norm.empty()) {
    p.bias.resize(static_cast<std::size_t>(out));
    for (std::size_t i = 0; i < p.bias.size(); ++i) p.bias[i] = static_cast<float>(shift[i]);
  }
  // [out][channel][tap] in the file; products want [out][tap][channel], windows [tap][channel].
  const auto weight = [&](std::int64_t o, std::int64_t channel, std::int64_t tap) {
    const double s = scale[static_cast<std::size_t>(o)];
    return static_cast<double>(raw[static_cast<std::size_t>((o * in_c + channel) * taps + tap)]) * s;
  };
  if (op.depthwise) {
    p.direct.resize(static_cast<std::size_t>(taps * out));
    for (std::int64_t t = 0; t < taps; ++t)
      for (std::int64_t c = 0; c < out; ++c)
        p.direct[static_cast<std::size_t>(t * out + c)] = static_cast<float>(weight(c, 0, t));
    return p;
  }
  if (options.winograd && detail::winograd_fits(op)) {
    buffer<float> transformed(static_cast<std::size_t>(16 * out * in_c));
    for (std::int64_t o = 0; o < out; ++o)
      for (std::int64_t c = 0; c < in_c; ++c) {
        std::array<double, 9> g{};
        for (std::size_t t = 0; t < 9; ++t) g[t] = weight(o, c, static_cast<std::int64_t>(t));
        std::array<float, 16> u{};
        detail::winograd_weights(g, u);
        for (std::size_t i = 0; i < 16; ++i)
          transformed[(i * static_cast<std::size_t>(out) + static_cast<std::size_t>(o)) *
                          static_cast<std::size_t>(in_c) +
                      static_cast<std::size_t>(c)] = u[i];
      }
    for (std::int64_t i = 0; i < 16; ++i)
      p.winograd.emplace_back(*options.table, in_c, out, transformed.data() + i * out * in_c, in_c);
    return p;
  }
  p.matrix =
      kernels::packed_matrix<float>(*options.table, taps * in_c, out, [&](std::int64_t o, float* column) {
        for (std::int64_t t = 0; t < taps; ++t)
          for (std::int64_t c = 0; c < in_c; ++c) column[t * in_c + c] = static_cast<float>(weight(o, c, t));
      });
  // Padding reads runs of zeros from here.
  p.direct.assign(static_cast<std::size_t>(in_c), 0.0f);
  return p;
}

namespace detail {

AISLE_API void run_depthwise(const conv2d& op, const prepared& w, const conv2d_geometry& g,
                             const run_context& ctx, value_view in, value_view out) {
  kernels::window_block b;
  b.h = in.shape.h;
  b.w = in.shape.w;
  b.channels = in.shape.c;
  b.out_h = out.shape.h;
  b.out_w = out.shape.w;
  b.kernel_h = b.kernel_w = op.kernel;
  b.stride = op.stride;
  b.pad_top = g.pad_top;
  b.pad_left = g.pad_left;
  b.weights = w.direct.data();
  b.bias = w.bias.empty() ? nullptr : w.bias.data();
  b.act = op.act;
  parallel_for(ctx.items * out.shape.h, ctx.threads, [&](std::int64_t task) {
    kernels::window_block mine = b;
    const std::int64_t item = task / out.shape.h;
    mine.x = in.data + item * in.shape.floats();
    mine.y = out.data + item * out.shape.floats();
    mine.row_begin = task % out.shape.h;
    mine.row_end = mine.row_begin + 1;
    ctx.table->depthwise(mine);
  });
}

AISLE_API void run_winograd(const conv2d& op, const prepared& w, const conv2d_geometry& g,
                            const run_context& ctx, std::span<const value_view> in, value_view out,
                            float* extra) {
  const std::int64_t tiles = ((out.shape.h + 1) / 2) * ((out.shape.w + 1) / 2), step = 8;
  for (std::int64_t item = 0; item < ctx.items; ++item) {
    float* v = extra + item * g.extra_floats;
    float* m = v + 16 * tiles * in[0].shape.c;
    kernels::winograd_block b;
    b.h = in[0].shape.h;
    b.w = in[0].shape.w;
    b.out_h = out.shape.h;
    b.out_w = out.shape.w;
    b.pad = op.pad;
    b.tiles = tiles;
    const auto each_tile = [&](auto transform) {
      parallel_for((tiles + step - 1) / step, ctx.threads, [&](std::int64_t task) {
        kernels::winograd_block mine = b;
        mine.tile_begin = task * step;
        mine.tile_end = std::min(mine.tile_begin + step, tiles);
        transform(mine);
      });
    };
    b.x = in[0].data + item * in[0].shape.floats();
    b.channels = in[0].shape.c;
    b.transformed = v;
    each_tile(ctx.table->winograd_input);
    for (std::int64_t i = 0; i < 16; ++i) {
      kernels::gemm_rows<float> rows;
      rows.data = v + i * tiles * in[0].shape.c;
      rows.stride = in[0].shape.c;
      kernels::gemm_packed<float>(w.winograd[static_cast<std::size_t>(i)], rows, tiles,
                                  m + i * tiles * op.out, op.out, {}, ctx.threads, ctx.scratch);
    }
    b.y = out.data + item * out.shape.floats();
    b.channels = op.out;
    b.transformed = m;
    b.bias = w.bias.empty() ? nullptr : w.bias.data();
    b.residual = op.residual ? in[1].data + item * out.shape.floats() : nullptr;
    b.act = op.act;
    each_tile(ctx.table->winograd_output);
  }
}

/// The input inside a border of zeros.
AISLE_API void copy_with_border(const conv2d_geometry& g, const run_context& ctx, value_view in,
                                float* extra) {
  const std::size_t row = static_cast<std::size_t>(g.bordered_w * in.shape.c);
  parallel_for(ctx.items * g.bordered_h, ctx.threads, [&](std::int64_t task) {
    const std::int64_t item = task / g.bordered_h, y = task % g.bordered_h - g.pad_top;
    float* to = extra + item * g.extra_floats + task % g.bordered_h * g.bordered_w * in.shape.c;
    if (y < 0 || y >= in.shape.h) {
      std::memset(to, 0, row * sizeof(float));
      return;
    }
    const std::int64_t width = in.shape.w * in.shape.c, left = g.pad_left * in.shape.c;
    std::fill_n(to, left, 0.0f);
    std::copy_n(in.data + item * in.shape.floats() + y * width, width, to + left);
    std::fill_n(to + left + width, static_cast<std::int64_t>(row) - left - width, 0.0f);
  });
}

}  // namespace detail

AISLE_API void run(const conv2d& op, const prepared& w, const conv2d_geometry& g, const run_context& ctx,
                   std::span<const value_view> in, value_view out, float* extra) {
  if (op.depthwise) return detail::run_depthwise(op, w, g, ctx, in[0], out);
  if (!w.winograd.empty()) return detail::run_winograd(op, w, g, ctx, in, out, extra);
  kernels::gemm_rows<float> rows;
  rows.data = in[0].data;
  rows.stride = in[0].shape.c;
  if (!g.offsets.empty()) {
    rows.offsets = g.offsets.data();
    rows.taps = g.taps;
    rows.run = g.run;
    rows.rows_per_item = out.shape.rows();
    rows.item_stride = in[0].shape.floats();
    rows.zeros = w.direct.data();
    if (g.bordered_h) {
      detail::copy_with_border(g, ctx, in[0], extra);
      rows.data = extra;
      rows.item_stride = g.extra_floats;
    }
  }
  kernels::gemm_epilogue<float> e;
  e.bias = w.bias.empty() ? nullptr : w.bias.data();
  e.act = op.act;
  if (op.residual) {
    e.residual = in[1].data;
    e.residual_stride = op.out;
  }
  kernels::gemm_packed(w.matrix, rows, ctx.rows(out.shape), out.data, op.out, e, ctx.threads, ctx.scratch);
}

}  // namespace nn
AISLE_NAMESPACE_END
