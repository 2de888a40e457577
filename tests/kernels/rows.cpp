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
    t.column_squares(b);
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
        const auto qkv = noise(rows * stride, 3);
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
        b.scratch = scratch.data();
        t.attention(b);
        double worst = 0;
        for (std::int64_t i = 0; i < rows; ++i) {
          std::vector<double> p(at(rows));
          double top = -1e300, total = 0;
          for (std::int64_t j = 0; j < rows; ++j) {
            for (std::int64_t d = 0; d < width; ++d)
              p[at(j)] += static_cast<double>(qkv[at(i * stride + d)]) * qkv[at(j * stride + width + d)];
            p[at(j)] *= b.scale;
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
