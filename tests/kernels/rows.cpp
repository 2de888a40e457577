#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include <aisle/base/random.hpp>
#include <aisle/kernels/table.hpp>

#include "support/tables.hpp"

using support::each_table;

namespace {
std::vector<float> noise(std::int64_t n, std::uint64_t seed) {
  aisle::random_generator g(seed);
  std::vector<float> v(static_cast<std::size_t>(n));
  for (auto& x : v) x = static_cast<float>(g.uniform(-2, 2));
  return v;
}
std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }
}  // namespace

TEST_CASE("layer norm of rows of every length up to two vectors and some") {
  each_table([](const auto& t) {
    for (std::int64_t n = 1; n <= 70; ++n) {
      const std::int64_t rows = 3, stride = n + 2;
      const auto x = noise(rows * stride, 1), gamma = noise(n, 2), beta = noise(n, 3);
      std::vector<float> y(at(rows * stride), 7.0f);
      aisle::kernels::layer_norm_block b;
      b.x = x.data();
      b.y = y.data();
      b.x_stride = b.y_stride = stride;
      b.rows = rows;
      b.cols = n;
      b.gamma = gamma.data();
      b.beta = beta.data();
      b.eps = 1e-5f;
      t.layer_norm(b);
      for (std::int64_t r = 0; r < rows; ++r) {
        double mean = 0, variance = 0;
        for (std::int64_t c = 0; c < n; ++c) mean += x[at(r * stride + c)];
        mean /= static_cast<double>(n);
        for (std::int64_t c = 0; c < n; ++c)
          variance += (x[at(r * stride + c)] - mean) * (x[at(r * stride + c)] - mean);
        variance /= static_cast<double>(n);
        for (std::int64_t c = 0; c < n; ++c) {
          const double exact =
              (x[at(r * stride + c)] - mean) / std::sqrt(variance + 1e-5) * gamma[at(c)] + beta[at(c)];
          CHECK(y[at(r * stride + c)] == doctest::Approx(exact).epsilon(2e-5).scale(1));
        }
        for (std::int64_t c = n; c < stride; ++c) CHECK(y[at(r * stride + c)] == 7.0f);
      }
    }
  });
}

TEST_CASE("column sums and squares, for any range of columns, in the same bits") {
  each_table([](const auto& t) {
    const std::int64_t rows = 150, cols = 53;
    const auto x = noise(rows * cols, 5);
    std::vector<float> all(at(cols)), parts(at(cols));
    aisle::kernels::columns_block b;
    b.x = x.data();
    b.x_stride = cols;
    b.rows = rows;
    b.cols = b.col_end = cols;
    b.y = all.data();
    b.scale = 0.5f;
    t.column_sum(b);
    b.y = parts.data();
    b.col_end = 32;
    t.column_sum(b);
    b.col_begin = 32;
    b.col_end = cols;
    t.column_sum(b);
    CHECK(all == parts);
    std::vector<float> squares(at(cols));
    b.col_begin = 0;
    b.y = squares.data();
    map_kernels_of(t).column_squares(b);
    for (std::int64_t c = 0; c < cols; ++c) {
      double s = 0, q = 0;
      for (std::int64_t r = 0; r < rows; ++r) {
        s += x[at(r * cols + c)];
        q += static_cast<double>(x[at(r * cols + c)]) * x[at(r * cols + c)];
      }
      CHECK(all[at(c)] == doctest::Approx(s / 2).epsilon(1e-5).scale(1));
      CHECK(squares[at(c)] == doctest::Approx(q / 2).epsilon(1e-5));
    }
  });
}

TEST_CASE("attention of every length and width against the formula") {
  each_table([](const auto& t) {
    for (std::int64_t width : {1, 8, 16, 20, 32, 64})
      for (std::int64_t rows : {1, 2, 7, 8, 9, 33, 50, 97}) {
        const std::int64_t stride = 3 * width + 5;
        const bool biased = (rows + width) % 2 == 1;
        const auto qkv = noise(rows * stride, 3), bias = noise(rows * rows, 4);
        std::vector<float> out(at(rows * width)), scratch(at(t.attention_scratch(rows, width)));
        aisle::kernels::attention_block b;
        b.q = qkv.data();
        b.k = b.q + width;
        b.v = b.k + width;
        b.stride = stride;
        b.out = out.data();
        b.out_stride = width;
        b.rows = rows;
        b.width = width;
        b.scale = 1 / std::sqrt(static_cast<float>(width));
        b.bias = biased ? bias.data() : nullptr;
        b.scratch = scratch.data();
        t.attention(b);
        double worst = 0;
        for (std::int64_t i = 0; i < rows; ++i) {
          std::vector<double> p(at(rows));
          double top = -1e300, total = 0;
          for (std::int64_t j = 0; j < rows; ++j) {
            for (std::int64_t d = 0; d < width; ++d)
              p[at(j)] += static_cast<double>(qkv[at(i * stride + d)]) * qkv[at(j * stride + width + d)];
            p[at(j)] = p[at(j)] * b.scale + (biased ? bias[at(i * rows + j)] : 0);
            top = std::max(top, p[at(j)]);
          }
          for (auto& v : p) total += v = std::exp(v - top);
          for (std::int64_t d = 0; d < width; ++d) {
            double o = 0;
            for (std::int64_t j = 0; j < rows; ++j)
              o += p[at(j)] / total * qkv[at(j * stride + 2 * width + d)];
            worst = std::max(worst, std::abs(o - out[at(i * width + d)]));
          }
        }
        CAPTURE(width);
        CAPTURE(rows);
        CHECK(worst <= 4e-6);  // values to 2, a few eps for each of about 70 terms
      }
  });
}

namespace {
using aisle::kernels::activation;

double activated(double v, activation act) {
  if (act == activation::relu) return std::max(v, 0.0);
  if (act == activation::relu6) return std::min(std::max(v, 0.0), 6.0);
  return v;
}
}  // namespace

TEST_CASE("affine of rows of every length, with and without each of its operands") {
  each_table([](const auto& t) {
    for (std::int64_t n = 1; n <= 70; ++n)
      for (int operands = 0; operands < 8; ++operands) {
        const std::int64_t rows = 2;
        const auto x = noise(rows * n, 1), scale = noise(n, 2), shift = noise(n, 3),
                   residual = noise(rows * n, 4);
        std::vector<float> y(at(rows * n + 3), 7.0f);
        aisle::kernels::affine_block b;
        b.x = x.data();
        b.y = y.data();
        b.x_stride = b.y_stride = b.residual_stride = n;
        b.rows = rows;
        b.cols = n;
        b.scale = operands & 1 ? scale.data() : nullptr;
        b.shift = operands & 2 ? shift.data() : nullptr;
        b.residual = operands & 4 ? residual.data() : nullptr;
        b.act = n % 2 ? activation::relu : activation::relu6;
        t.affine(b);
        CAPTURE(n);
        CAPTURE(operands);
        for (std::int64_t i = 0; i < rows * n; ++i) {
          double v = static_cast<double>(x[at(i)]) * (b.scale ? scale[at(i % n)] : 1.0f);
          v += b.shift ? shift[at(i % n)] : 0.0f;
          v += b.residual ? residual[at(i)] : 0.0f;
          CHECK(y[at(i)] == doctest::Approx(activated(v, b.act)).epsilon(1e-6).scale(4));
        }
        for (std::int64_t i = rows * n; i < rows * n + 3; ++i) CHECK(y[at(i)] == 7.0f);
      }
  });
}

TEST_CASE("the sum of three embeddings, rows of every length") {
  each_table([](const auto& t) {
    for (std::int64_t n = 1; n <= 70; ++n) {
      const auto words = noise(5 * n, 1), positions = noise(4 * n, 2), type = noise(n, 3);
      const std::vector<std::int32_t> ids = {4, 0, 2}, places = {0, 3, 1};
      std::vector<float> y(at(3 * n + 2), 7.0f);
      aisle::kernels::embedding_block b;
      b.words = words.data();
      b.positions = positions.data();
      b.type = type.data();
      b.ids = ids.data();
      b.at = places.data();
      b.y = y.data();
      b.y_stride = n;
      b.rows = 3;
      b.cols = n;
      t.embedding(b);
      for (std::int64_t r = 0; r < 3; ++r)
        for (std::int64_t c = 0; c < n; ++c)
          CHECK(y[at(r * n + c)] ==
                words[at(ids[at(r)] * n + c)] + type[at(c)] + positions[at(places[at(r)] * n + c)]);
      CHECK(y[at(3 * n)] == 7.0f);
    }
  });
}

TEST_CASE("the sum of gathered rows of every length, weighted and not") {
  each_table([](const auto& t) {
    for (std::int64_t n = 1; n <= 140; ++n)
      for (const std::int64_t count : {0, 1, 3, 130})
        for (const bool weighted : {false, true}) {
          const auto table = noise(7 * n, 1), weights = noise(count + 1, 2);
          std::vector<std::int32_t> rows;
          for (std::int64_t i = 0; i < count; ++i) rows.push_back(static_cast<std::int32_t>(i * 5 % 7));
          std::vector<float> y(at(n + 2), 7.0f);
          aisle::kernels::gather_block b;
          b.table = table.data();
          b.rows = rows.data();
          b.weights = weighted ? weights.data() : nullptr;
          b.y = y.data();
          b.count = count;
          b.cols = n;
          b.scale = 0.5f;
          t.gather_sum(b);
          for (std::int64_t c = 0; c < n; ++c) {
            double sum = 0;
            for (std::int64_t i = 0; i < count; ++i)
              sum += static_cast<double>(table[at(rows[at(i)] * n + c)]) *
                     static_cast<double>(weighted ? weights[at(i)] : 1.0f);
            CHECK(y[at(c)] == doctest::Approx(0.5 * sum).epsilon(1e-5).scale(4));
          }
          CHECK(y[at(n)] == 7.0f);
        }
  });
}

TEST_CASE("the sum of a million gathered rows is as exact as that of few") {
  each_table([](const auto& t) {
    const std::int64_t n = 37;
    const auto table = noise(2 * n, 1);
    std::vector<std::int32_t> rows(1000000);
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = i % 4 == 0;
    std::vector<float> y(at(n));
    aisle::kernels::gather_block b;
    b.table = table.data();
    b.rows = rows.data();
    b.y = y.data();
    b.count = static_cast<std::int64_t>(rows.size());
    b.cols = n;
    b.scale = 1e-6f;
    t.gather_sum(b);
    for (std::int64_t c = 0; c < n; ++c)
      CHECK(y[at(c)] ==
            doctest::Approx(0.75f * table[at(c)] + 0.25f * table[at(n + c)]).epsilon(2e-6).scale(1));
  });
}

TEST_CASE("windows of every number of channels: depthwise convolution and maximum, clipped at the border") {
  each_table([](const auto& t) {
    for (std::int64_t channels = 1; channels <= 40; ++channels)
      for (const std::int64_t stride : {1, 2}) {
        const std::int64_t h = 5, w = 9, kernel = 3, pad = 1, out_h = (h + 2 * pad - kernel) / stride + 1,
                           out_w = (w + 2 * pad - kernel) / stride + 1;
        auto x = noise(h * w * channels, 1);
        for (float& v : x) v -= 3;  // all negative: a padding of zeros would win a maximum
        const auto weights = noise(kernel * kernel * channels, 2), bias = noise(channels, 3);
        std::vector<float> sum(at(out_h * out_w * channels + 2), 7.0f), largest(sum);
        aisle::kernels::window_block b;
        b.x = x.data();
        b.x_stride = b.y_stride = channels;
        b.y = sum.data();
        b.h = h;
        b.w = w;
        b.channels = channels;
        b.out_h = out_h;
        b.out_w = out_w;
        b.kernel_h = b.kernel_w = kernel;
        b.stride = stride;
        b.pad_top = b.pad_left = pad;
        b.row_end = out_h;
        b.weights = weights.data();
        b.bias = bias.data();
        map_kernels_of(t).depthwise(b);
        b.y = largest.data();
        map_kernels_of(t).max_pool(b);
        std::vector<float> mean(sum.size(), 7.0f), mean_inside(mean);
        b.count_padding = true;
        b.y = mean.data();
        map_kernels_of(t).average_pool(b);
        b.count_padding = false;
        b.y = mean_inside.data();
        map_kernels_of(t).average_pool(b);
        CAPTURE(channels);
        CAPTURE(stride);
        for (std::int64_t oy = 0; oy < out_h; ++oy)
          for (std::int64_t ox = 0; ox < out_w; ++ox)
            for (std::int64_t c = 0; c < channels; ++c) {
              double s = bias[at(c)], total = 0;
              int inside = 0;
              float top = -1e30f;
              for (std::int64_t ky = 0; ky < kernel; ++ky)
                for (std::int64_t kx = 0; kx < kernel; ++kx) {
                  const std::int64_t iy = oy * stride + ky - pad, ix = ox * stride + kx - pad;
                  if (iy < 0 || iy >= h || ix < 0 || ix >= w) continue;
                  const float v = x[at((iy * w + ix) * channels + c)];
                  s += static_cast<double>(v) * weights[at((ky * kernel + kx) * channels + c)];
                  top = std::max(top, v);
                  total += v;
                  ++inside;
                }
              const std::size_t i = at((oy * out_w + ox) * channels + c);
              CHECK(sum[i] == doctest::Approx(s).epsilon(1e-6).scale(50));
              CHECK(largest[i] == top);
              CHECK(mean[i] == doctest::Approx(total / 9).epsilon(1e-6));
              CHECK(mean_inside[i] == doctest::Approx(total / inside).epsilon(1e-6));
            }
        for (const auto* y : {&sum, &largest, &mean, &mean_inside})
          CHECK(y->at(at(out_h * out_w * channels)) == 7.0f);
      }
  });
}

TEST_CASE("a step of Adam for every number of parameters") {
  each_table([](const auto& t) {
    for (std::int64_t n = 1; n <= 70; ++n) {
      auto p = noise(n, 1), m = noise(n, 2), v = noise(n, 3);
      const auto g = noise(n, 4);
      for (float& x : v) x *= x;
      for (auto* a : {&p, &m, &v}) a->push_back(7.0f);
      const auto p0 = p, m0 = m, v0 = v;
      optimizer_kernels_of(t).adam({.parameters = p.data(),
                                    .gradients = g.data(),
                                    .first = m.data(),
                                    .second = v.data(),
                                    .count = n,
                                    .beta1 = 0.9f,
                                    .beta2 = 0.999f,
                                    .rest1 = 0.1f,
                                    .rest2 = 0.001f,
                                    .rate = 0.01f,
                                    .correction = 2.0f,
                                    .epsilon = 1e-8f,
                                    .decay = 0.5f});
      for (std::size_t i = 0; i < at(n); ++i) {
        const double gradient = g[i] + 0.5 * p0[i], first = 0.9 * m0[i] + 0.1 * gradient,
                     second = 0.999 * v0[i] + 0.001 * gradient * gradient;
        CHECK(m[i] == doctest::Approx(first).epsilon(1e-6).scale(1));
        CHECK(v[i] == doctest::Approx(second).epsilon(1e-6).scale(1));
        CHECK(
            p[i] ==
            doctest::Approx(p0[i] - 0.01 * first / (std::sqrt(second) * 2.0 + 1e-8)).epsilon(1e-5).scale(1));
      }
      for (const auto* a : {&p, &m, &v}) CHECK(a->back() == 7.0f);
    }
  });
}
