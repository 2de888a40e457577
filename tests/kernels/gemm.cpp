#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

#include <aisle/base/random.hpp>
#include <aisle/kernels/gemm.hpp>

#include "support/tables.hpp"
#include "support/support.hpp"

using aisle::kernels::activation;
using aisle::kernels::kernel_table;
using aisle::kernels::product_kernel;
using support::each_product;
using support::each_table;

namespace {

template <class T>
std::vector<T> noise(std::size_t n, std::uint64_t seed) {
  aisle::random_generator g(seed);
  std::vector<T> v(n);
  for (auto& x : v) x = static_cast<T>(g.uniform(-1, 1));
  return v;
}

/// Product with every part of the epilogue, against a loop in double. A sum of k products of values below 1
/// in any order is within (k + 2) eps of the sum of their magnitudes (Higham, Accuracy and Stability, 3.1).
template <class T>
void check_product(const product_kernel<T>& kernel, std::int64_t m, std::int64_t n, std::int64_t k,
                   std::int64_t misalign, activation act, bool with_bias, bool with_residual,
                   bool accumulate) {
  const std::int64_t lda = k + misalign, ldc = n + misalign;
  const auto at = [](std::int64_t i) { return static_cast<std::size_t>(i); };
  const auto a = noise<T>(at(m * lda + misalign + 1), 1), w = noise<T>(at(n * k + misalign + 1), 2);
  const auto bias = noise<T>(at(n + 1), 3), residual = noise<T>(at(m * ldc + 1), 4);
  auto c = noise<T>(at(m * ldc + misalign + 16), 5);
  const auto before = c;

  const aisle::kernels::packed_matrix<T> packed(kernel, k, n, w.data() + misalign, k);
  aisle::kernels::gemm_rows<T> rows;
  rows.data = a.data() + misalign;
  rows.stride = lda;
  aisle::kernels::gemm_epilogue<T> e;
  if (with_bias) e.bias = bias.data();
  if (with_residual) e.residual = residual.data();
  e.residual_stride = ldc;
  e.act = act;
  e.accumulate = accumulate;
  aisle::buffer<std::byte> scratch(static_cast<std::size_t>(2 * packed.scratch_bytes()));
  aisle::kernels::gemm_packed(packed, rows, m, c.data() + misalign, ldc, e, 2, scratch.data());

  double worst = 0;
  for (std::int64_t i = 0; i < m; ++i)
    for (std::int64_t j = 0; j < n; ++j) {
      double sum = accumulate ? before[at(misalign + i * ldc + j)] : 0, magnitude = std::abs(sum) + 2;
      for (std::int64_t l = 0; l < k; ++l) {
        const double p = static_cast<double>(a[at(misalign + i * lda + l)]) * w[at(misalign + j * k + l)];
        sum += p;
        magnitude += std::abs(p);
      }
      if (with_bias) sum += bias[at(j)];
      if (with_residual) sum += residual[at(i * ldc + j)];
      if (act == activation::relu) sum = std::max(sum, 0.0);
      if (act == activation::relu6) sum = std::min(std::max(sum, 0.0), 6.0);
      if (act == activation::gelu) sum = sum * 0.5 * std::erfc(-sum / std::sqrt(2.0));
      if (act == activation::tanh) sum = std::tanh(sum);
      const double limit = (static_cast<double>(k) + 8) * std::numeric_limits<T>::epsilon() * magnitude;
      worst = std::max(worst, std::abs(sum - c[at(misalign + i * ldc + j)]) / limit);
    }
  CAPTURE(m);
  CAPTURE(n);
  CAPTURE(k);
  CAPTURE(static_cast<int>(act));
  CHECK(worst <= 1.0);
  // Nothing between or behind the rows was touched.
  bool intact = true;
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(c.size()); ++i) {
    const std::int64_t r = i - misalign;
    if (r < 0 || r >= m * ldc || r % ldc >= n) intact = intact && c[at(i)] == before[at(i)];
  }
  CHECK(intact);
}

}  // namespace

TEST_CASE("every table names itself once and is found by its name") {
  each_table([](const kernel_table& t) { CHECK(&aisle::kernels::find_table(t.name) == &t); });
  CHECK_THROWS_WITH_AS(aisle::kernels::find_table("sse9"), doctest::Contains("generic"), aisle::option_error);
}

TEST_CASE("AISLE_ISA is read once in a process") {
  const kernel_table &best = aisle::kernels::best_table(), &plain = aisle::kernels::plain_table();
  const char* set = std::getenv("AISLE_ISA");
  const std::string before = set ? set : "";
  for (const char* name : {"generic", "amx", "abacus", ""}) {
    ::setenv("AISLE_ISA", name, 1);
    CHECK(&aisle::kernels::best_table() == &best);
    CHECK(&aisle::kernels::plain_table() == &plain);
    CHECK(&aisle::kernels::find_table("") == &best);
  }
  if (set)
    ::setenv("AISLE_ISA", before.c_str(), 1);
  else
    ::unsetenv("AISLE_ISA");
}

namespace {

/// Sizes from nothing to two tiles and one, epilogues and strides in turn. `k` of at most two rounds of any
/// kernel's loop; under sanitizers one of them in turn, which still ends every tile at every column.
template <class T>
void check_sizes(const product_kernel<T>& kernel) {
  const std::int64_t rows = kernel.tile_rows, columns = kernel.panel_columns;
  const bool all = !support::long_when_sanitized();
  int turn = 0, size = 0;
  for (std::int64_t m = 0; m <= 2 * rows + 1; ++m)
    for (std::int64_t n = 0; n <= 2 * columns + 1; n += n < 2 || m % 4 == 1 ? 1 : 5) {
      ++size;
      for (const std::int64_t k : {1, 2, 33}) {
        ++turn;
        if (!all && k != (size % 3 == 0 ? 33 : size % 3)) continue;
        check_product<T>(kernel, m, n, k, turn % 3, turn % 5 == 0 ? activation::relu : activation::none,
                         turn % 2 == 0, turn % 7 < 3, turn % 4 == 0);
      }
    }
}

}  // namespace

TEST_CASE("f32 products of every size up to two tiles, by every kernel") {
  each_product<float>([](const product_kernel<float>& k) { check_sizes(k); });
}
TEST_CASE("f64 products of every size up to two tiles, by every kernel") {
  each_product<double>([](const product_kernel<double>& k) { check_sizes(k); });
}

TEST_CASE("long sums are cut into chunks, every activation is applied once") {
  each_product<float>([](const product_kernel<float>& kernel) {
    for (const activation act :
         {activation::none, activation::relu, activation::relu6, activation::gelu, activation::tanh})
      for (std::int64_t k : {383, 384, 385, 1000})
        for (std::int64_t n : {16, 50}) check_product<float>(kernel, 11, n, k, 0, act, true, true, k == 385);
  });
  each_product<double>([](const product_kernel<double>& kernel) {
    check_product<double>(kernel, 130, 70, 900, 1, activation::relu, true, false, false);
  });
}

TEST_CASE("a product is given the cheapest kernel that its table allows") {
  each_table([](const kernel_table& t) {
    for (const std::int64_t n : {1, 16, 32, 48, 64, 96, 384}) {
      const aisle::kernels::product_shape shape{.m = 196, .n = n, .k = 256};
      const auto& chosen = aisle::kernels::choose_product<float>(t, shape);
      CHECK(chosen.arithmetic == t.single_precision);
      for (const auto& other : aisle::kernels::products<float>(t))
        if (other.arithmetic == t.single_precision && other.fits(shape))
          CHECK(chosen.cost(shape) <= other.cost(shape));
    }
    for (const auto& kernel : aisle::kernels::products<double>(t))
      CHECK(kernel.arithmetic == aisle::kernels::arithmetic::fma);
  });
}

TEST_CASE("rows through offsets: a 3x3 window with padding equals the direct sum") {
  each_product<float>([](const product_kernel<float>& kernel) {
    for (std::int64_t channels : {1, 3, 16, 130}) {
      const std::int64_t h = 5, w = 4, items = 2, n = 20, taps = 9, k = taps * channels;
      const auto x = noise<float>(static_cast<std::size_t>(items * h * w * channels), 1);
      const auto weights = noise<float>(static_cast<std::size_t>(n * k), 2);
      std::vector<std::int32_t> offsets;
      for (std::int64_t y = 0; y < h; ++y)
        for (std::int64_t xx = 0; xx < w; ++xx)
          for (std::int64_t ky = -1; ky <= 1; ++ky)
            for (std::int64_t kx = -1; kx <= 1; ++kx) {
              const bool in = y + ky >= 0 && y + ky < h && xx + kx >= 0 && xx + kx < w;
              offsets.push_back(in ? static_cast<std::int32_t>(((y + ky) * w + xx + kx) * channels) : -1);
            }
      const std::vector<float> zeros(static_cast<std::size_t>(channels));
      aisle::kernels::gemm_rows<float> rows;
      rows.data = x.data();
      rows.offsets = offsets.data();
      rows.taps = taps;
      rows.run = channels;
      rows.rows_per_item = h * w;
      rows.item_stride = h * w * channels;
      rows.zeros = zeros.data();
      const aisle::kernels::packed_matrix<float> packed(kernel, k, n, weights.data(), k);
      std::vector<float> c(static_cast<std::size_t>(items * h * w * n));
      aisle::buffer<std::byte> scratch(static_cast<std::size_t>(2 * packed.scratch_bytes()));
      aisle::kernels::gemm_packed<float>(packed, rows, items * h * w, c.data(), n, {}, 2, scratch.data());
      double worst = 0;
      for (std::int64_t r = 0; r < items * h * w; ++r)
        for (std::int64_t j = 0; j < n; ++j) {
          double sum = 0;
          for (std::int64_t tap = 0; tap < taps; ++tap) {
            const auto o = offsets[static_cast<std::size_t>(r % (h * w) * taps + tap)];
            for (std::int64_t i = 0; i < channels && o >= 0; ++i)
              sum +=
                  static_cast<double>(x[static_cast<std::size_t>(r / (h * w) * h * w * channels + o + i)]) *
                  weights[static_cast<std::size_t>(j * k + tap * channels + i)];
          }
          worst = std::max(worst, std::abs(sum - c[static_cast<std::size_t>(r * n + j)]));
        }
      CHECK(worst <= static_cast<double>(k) * 2e-7);
    }
  });
}

TEST_CASE("a row's bits do not depend on its neighbours or on the thread count") {
  each_product<float>([](const product_kernel<float>& kernel) {
    const std::int64_t n = 70, k = 500;
    const auto a = noise<float>(static_cast<std::size_t>(40 * k), 1),
               w = noise<float>(static_cast<std::size_t>(n * k), 2);
    const aisle::kernels::packed_matrix<float> packed(kernel, k, n, w.data(), k);
    aisle::buffer<std::byte> scratch(static_cast<std::size_t>(3 * packed.scratch_bytes()));
    const auto product = [&](std::int64_t first, std::int64_t rows, int threads) {
      std::vector<float> c(static_cast<std::size_t>(rows * n));
      aisle::kernels::gemm_rows<float> r;
      r.data = a.data() + first * k;
      r.stride = k;
      aisle::kernels::gemm_packed<float>(packed, r, rows, c.data(), n, {.act = activation::gelu}, threads,
                                         scratch.data());
      return c;
    };
    const auto all = product(0, 40, 3);
    for (std::int64_t rows : {1, 3, 8, 33})
      for (int threads : {1, 2}) {
        const auto some = product(5, rows, threads);
        CHECK(std::equal(some.begin(), some.end(), all.begin() + 5 * n));
      }
  });
}

TEST_CASE("the split product is no worse than a chain of fused multiply-adds") {
  const kernel_table& amx = aisle::kernels::find_table("amx");
  const kernel_table& plain = aisle::kernels::plain_table();
  double error[2] = {};
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    const std::int64_t m = 32, n = 64, k = 1024;
    const auto a = noise<float>(static_cast<std::size_t>(m * k), seed),
               w = noise<float>(static_cast<std::size_t>(n * k), seed + 9);
    for (int which = 0; which < 2; ++which) {
      const kernel_table& t = which ? amx : plain;
      const aisle::kernels::packed_matrix<float> packed(t, k, n, w.data(), k);
      std::vector<float> c(static_cast<std::size_t>(m * n));
      aisle::buffer<std::byte> scratch(static_cast<std::size_t>(packed.scratch_bytes()));
      aisle::kernels::gemm_rows<float> r;
      r.data = a.data();
      r.stride = k;
      aisle::kernels::gemm_packed<float>(packed, r, m, c.data(), n, {}, 1, scratch.data());
      for (std::int64_t i = 0; i < m * n; ++i) {
        double sum = 0;
        for (std::int64_t l = 0; l < k; ++l)
          sum += static_cast<double>(a[static_cast<std::size_t>(i / n * k + l)]) *
                 w[static_cast<std::size_t>(i % n * k + l)];
        const double e = sum - c[static_cast<std::size_t>(i)];
        error[which] += e * e;
      }
    }
  }
  CHECK(error[1] <= error[0]);
}

TEST_CASE("infinities, NaN, overflow and denormals of A give what float arithmetic gives") {
  const float inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  const float big = std::numeric_limits<float>::max();
  each_product<float>([&](const product_kernel<float>& kernel) {
    const std::vector<float> w = {1, 0.5f, -1, 3};  // two columns, k = 2
    const aisle::kernels::packed_matrix<float> packed(kernel, 2, 2, w.data(), 2);
    const std::vector<float> a = {inf, 1, nan, 1, big, big, big, 0, 1e-41f, 0, -inf, inf};
    std::vector<float> c(12);
    aisle::buffer<std::byte> scratch(static_cast<std::size_t>(packed.scratch_bytes()));
    aisle::kernels::gemm_rows<float> r;
    r.data = a.data();
    r.stride = 2;
    aisle::kernels::gemm_packed<float>(packed, r, 6, c.data(), 2, {}, 1, scratch.data());
    CHECK(c[0] == inf);
    CHECK(c[1] == -inf);
    CHECK(std::isnan(c[2]));
    CHECK(std::isnan(c[3]));
    CHECK(c[4] == inf);  // overflow
    CHECK(c[6] == big);
    CHECK(c[7] == -big);
    CHECK(std::abs(c[8]) <= 1e-41f);  // tiles flush denormals
    CHECK(std::isnan(c[10]));
    CHECK(c[11] == inf);
  });
}

TEST_CASE("gemm: transposes, alpha and beta") {
  for (const bool ta : {false, true})
    for (const bool tb : {false, true})
      for (const double alpha : {1.0, -0.5})
        for (const double beta : {0.0, 1.0, 2.0}) {
          const std::int64_t m = 9, n = 21, k = 35;
          aisle::random_generator g(7);
          aisle::matrix<double> a(ta ? k : m, ta ? m : k), b(tb ? n : k, tb ? k : n), c(m, n), expected(m, n);
          for (auto* x : {&a, &b, &c})
            for (std::int64_t i = 0; i < x->rows() * x->cols(); ++i) x->data()[i] = g.uniform(-1, 1);
          for (std::int64_t i = 0; i < m; ++i)
            for (std::int64_t j = 0; j < n; ++j) {
              double s = 0;
              for (std::int64_t l = 0; l < k; ++l) s += (ta ? a(l, i) : a(i, l)) * (tb ? b(j, l) : b(l, j));
              expected(i, j) = alpha * s + beta * c(i, j);
            }
          aisle::kernels::gemm<double>(
              a, b, c, {.transpose_a = ta, .transpose_b = tb, .alpha = alpha, .beta = beta, .threads = 2});
          for (std::int64_t i = 0; i < m * n; ++i)
            CHECK(c.data()[i] == doctest::Approx(expected.data()[i]).epsilon(1e-12));
        }
  aisle::matrix<float> a(2, 3), b(4, 5), c(2, 5);
  CHECK_THROWS_AS(aisle::kernels::gemm<float>(a, b, c), aisle::shape_error);
}

TEST_CASE("gemm takes matrices and views as they are, const or not") {
  aisle::matrix<float> a(2, 3, 1.f), c(2, 2);
  const aisle::matrix<float> b(3, 2, 2.f), bt(2, 3, 2.f);
  aisle::kernels::gemm(a, b, c);
  CHECK(c(1, 1) == 6.f);
  aisle::kernels::gemm(a.view(), bt, c, {.transpose_b = true, .alpha = 0.5f, .threads = 2});
  CHECK(c(0, 1) == 3.f);
  const aisle::matrix_view<float> first = c.view().rows(0, 1);
  aisle::kernels::gemm(a.view().rows(0, 1), b, first, {.beta = 1});
  CHECK(c(0, 0) == 9.f);
  CHECK(c(1, 0) == 3.f);
  CHECK_THROWS_WITH_AS(aisle::kernels::gemm(a, a, c), "gemm: op(a) is [2, 3], op(b) is [2, 3], c is [2, 2]",
                       aisle::shape_error);
  CHECK_THROWS_AS(aisle::kernels::gemm(a, b, c, {.threads = -4}), aisle::option_error);
}

TEST_CASE("gemm refuses a result that lies in an operand, and takes blocks of one matrix") {
  using view = aisle::matrix_view<const float>;
  aisle::matrix<float> a(4, 4, 1.f), b(4, 4, 2.f);
  const auto refused = [](const view& x, const view& y, const aisle::matrix_view<float>& z, const char* what,
                          const aisle::kernels::gemm_options<float>& options = {}) {
    CHECK_THROWS_WITH_AS(aisle::kernels::gemm(x, y, z, options), what, aisle::shape_error);
  };
  refused(a, b, a.view(), "gemm: c overlaps a, expected a matrix of its own");
  refused(a, b, b.view(), "gemm: c overlaps b, expected a matrix of its own");
  refused(a, b, a.view(), "gemm: c overlaps a, expected a matrix of its own",
          {.transpose_a = true, .transpose_b = true, .beta = 1});
  CHECK(a == aisle::matrix<float>(4, 4, 1.f));
  CHECK(b == aisle::matrix<float>(4, 4, 2.f));

  // All blocks of a buffer, with strides that are alike and not: refused where they share an element.
  aisle::buffer<float> memory(400);
  const auto block = [&](int at, int rows, int cols, int stride) {
    return aisle::matrix_view<float>(memory.data() + at, rows, cols, stride);
  };
  aisle::random_generator g(3);
  int shared = 0, apart = 0;
  for (int i = 0; i < 4000; ++i) {
    const auto pick = [&](int n) { return static_cast<int>(g.uniform(0, n)); };
    const int strides[] = {8, 8, 11, 5, -8};
    const int m = 1 + pick(4), k = 1 + pick(4), n = 1 + pick(4);
    const auto left = block(100 + pick(40), m, k, strides[pick(5)]);
    const auto out = block(100 + pick(40), m, n, strides[pick(5)]);
    const aisle::matrix<float> right(k, n, 1.f);
    bool common = false;
    for (int r = 0; r < m; ++r)
      for (const float& x : left.row(r))
        for (int s = 0; s < m; ++s)
          for (const float& y : out.row(s)) common = common || &x == &y;
    (common ? shared : apart)++;
    std::fill(memory.begin(), memory.end(), 1.f);
    if (common) {
      CHECK_THROWS_AS(aisle::kernels::gemm(left, right, out, {.threads = 1}), aisle::shape_error);
    } else {
      aisle::kernels::gemm(left, right, out, {.threads = 1});
      CHECK(out(m - 1, n - 1) == static_cast<float>(k));
    }
  }
  CHECK(shared > 500);
  CHECK(apart > 500);
}
