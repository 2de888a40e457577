#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include <aisle/kernels/table.hpp>
#include <aisle/simd/isa.hpp>

#include "support/tables.hpp"

using support::each_table;

#if AISLE_X86
TEST_CASE("instruction sets are detected as the compiler's own detection does") {
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  for (const auto* t : aisle::kernels::all_tables()) {
    const std::string name = t->name;
    CAPTURE(name);
    if (name == "avx2") CHECK(t->supported() == avx2);
    if (name == "avx512") CHECK(t->supported() == avx512);
    if (name == "generic" || name == "amx") CHECK(t->supported());
  }
  if (aisle::detect_cpu().amx) CHECK(avx512);
}
#endif

TEST_CASE("activations agree with double over the whole range of arguments") {
  using aisle::kernels::activation;
  std::vector<float> x;
  for (int i = -40000; i <= 40000; ++i) x.push_back(static_cast<float>(i) * 5e-4f);
  for (const float v : {-100.0f, -50.0f, 50.0f, 100.0f, 1e-30f, -1e-30f, 0.0f, -0.0f}) x.push_back(v);
  each_table([&](const auto& t) {
    const auto run = [&](activation act) {
      std::vector<float> y(x.size());
      aisle::kernels::affine_block b;
      b.x = x.data();
      b.y = y.data();
      b.rows = 1;
      b.cols = static_cast<std::int64_t>(x.size());
      b.act = act;
      t.affine(b);
      return y;
    };
    double gelu = 0, tanh = 0;
    const auto g = run(activation::gelu), h = run(activation::tanh), r = run(activation::relu),
               s = run(activation::relu6);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double v = x[i], exact = v * 0.5 * std::erfc(-v / std::sqrt(2.0));
      // Relative where the value is normal: nothing cancels for negative arguments either. exp(-v^2 / 2)
      // loses the digits that v^2 has before the point.
      gelu = std::max(gelu, std::abs(g[i] - exact) / (std::abs(exact) * (1 + v * v) + 1e-30));
      tanh = std::max(tanh, std::abs(h[i] - std::tanh(v)));
      CHECK(r[i] == std::max(x[i], 0.0f));
      CHECK(s[i] == std::min(std::max(x[i], 0.0f), 6.0f));
    }
    CHECK(gelu <= 1e-6);
    CHECK(tanh <= 3e-7);
  });
}

TEST_CASE("NaN goes through activations and is not hidden by a maximum") {
  using aisle::kernels::activation;
  const float nan = std::numeric_limits<float>::quiet_NaN();
  each_table([&](const auto& t) {
    for (const activation act :
         {activation::none, activation::relu, activation::relu6, activation::gelu, activation::tanh}) {
      std::vector<float> x(37, nan), y(37, 0.0f);
      aisle::kernels::affine_block b;
      b.x = x.data();
      b.y = y.data();
      b.rows = 1;
      b.cols = 37;
      b.act = act;
      t.affine(b);
      for (const float v : y) CHECK(std::isnan(v));
    }
  });
}

TEST_CASE("softmax gives no subnormal numbers, which are slow to multiply, and hides no NaN") {
  each_table([](const auto& t) {
    for (const std::int64_t n : {3, 15, 49, 64}) {
      std::vector<float> x(static_cast<std::size_t>(n));
      for (std::size_t i = 0; i < x.size(); ++i) x[i] = i < 2 ? 0.5f : -85.0f - static_cast<float>(i);
      t.softmax(x.data(), 1, n);
      CHECK(x[1] == 0.5f);
      for (const float v : x) CHECK((v == 0 || v >= std::numeric_limits<float>::min()));
      x.back() = std::numeric_limits<float>::quiet_NaN();
      t.softmax(x.data(), 1, n);
      for (const float v : x) CHECK(std::isnan(v));
    }
  });
}

TEST_CASE("softmax of rows of every length sums to one and survives large values") {
  each_table([](const auto& t) {
    for (std::int64_t n = 1; n <= 67; ++n) {
      std::vector<float> x(static_cast<std::size_t>(2 * n));
      for (std::size_t i = 0; i < x.size(); ++i)
        x[i] = static_cast<float>(i % 7) * 3 + (i >= static_cast<std::size_t>(n) ? 1e4f : -80.0f);
      const auto before = x;
      t.softmax(x.data(), 2, n);
      for (std::int64_t r = 0; r < 2; ++r) {
        double total = 0, top = -1e30;
        for (std::int64_t i = 0; i < n; ++i)
          top = std::max(top, static_cast<double>(before[static_cast<std::size_t>(r * n + i)]));
        for (std::int64_t i = 0; i < n; ++i)
          total += std::exp(before[static_cast<std::size_t>(r * n + i)] - top);
        for (std::int64_t i = 0; i < n; ++i) {
          const double exact = std::exp(before[static_cast<std::size_t>(r * n + i)] - top) / total;
          CHECK(std::abs(x[static_cast<std::size_t>(r * n + i)] - exact) <= 1e-6);
        }
      }
    }
  });
}
