#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <aisle/base/hash.hpp>
#include <aisle/base/random.hpp>
#include <aisle/nn/network.hpp>

#include "support/tables.hpp"

// Operators of transformers over pictures, against loops that do what the papers say, step by step, in
// double.

using aisle::nn::graph_builder;
using aisle::nn::value;
using aisle::nn::value_shape;
using aisle::nn::window_attention;
using support::each_table;

namespace {

std::vector<float> noise(const std::string& name, std::int64_t n) {
  aisle::random_generator random(aisle::fnv1a64::of(name));
  std::vector<float> v(static_cast<std::size_t>(n));
  for (float& x : v) x = static_cast<float>(random.uniform(-2, 2));
  return v;
}

aisle::nn::weight_source weights() {
  return aisle::nn::weight_source(
      [](const std::string& name, const aisle::shape& dims, std::span<float> out) {
        const auto values = noise(name, dims.elements());
        std::copy(values.begin(), values.end(), out.begin());
      });
}

/// The output "y" of three items, the same on one thread and on three.
std::vector<float> run(const aisle::nn::graph& g, const aisle::kernels::kernel_table& t,
                       const value_shape& shape, const std::vector<float>& x) {
  const aisle::nn::network net(g, weights(), shape, {.engine = {.table = &t}, .outputs = {"y"}});
  std::vector<float> y(static_cast<std::size_t>(3 * net.width("y"))), again(y.size());
  net.run_images(x.data(), 3, shape, {{"y", y.data()}}, {.threads = 1});
  net.run_images(x.data(), 3, shape, {{"y", again.data()}}, {.threads = 3});
  CHECK(y == again);
  return y;
}

double worst(const std::vector<float>& got, const std::vector<double>& expected) {
  REQUIRE(got.size() == expected.size());
  double w = 0;
  for (std::size_t i = 0; i < got.size(); ++i) w = std::max(w, std::abs(got[i] - expected[i]));
  return w;
}

/// A map in double that can be padded, rolled and cut.
struct grid {
  std::int64_t h = 0, w = 0, c = 0;
  std::vector<double> values;
  grid(std::int64_t h_, std::int64_t w_, std::int64_t c_)
      : h(h_), w(w_), c(c_), values(static_cast<std::size_t>(h_ * w_ * c_)) {}
  double& at(std::int64_t y, std::int64_t x, std::int64_t i) {
    return values[static_cast<std::size_t>((y * w + x) * c + i)];
  }
};

grid rolled(grid from, std::int64_t by_y, std::int64_t by_x) {
  grid to(from.h, from.w, from.c);
  for (std::int64_t y = 0; y < from.h; ++y)
    for (std::int64_t x = 0; x < from.w; ++x)
      for (std::int64_t i = 0; i < from.c; ++i)
        to.at((y + by_y + from.h) % from.h, (x + by_x + from.w) % from.w, i) = from.at(y, x, i);
  return to;
}

/// The region of a position of a rolled side, by the slices that the authors cut: [0, size - window),
/// [size - window, size - shift), [size - shift, size).
int region(std::int64_t p, std::int64_t size, std::int64_t window, std::int64_t shift) {
  if (shift == 0) return 0;
  return p < size - window ? 0 : p < size - shift ? 1 : 2;
}

struct attention_case {
  std::int64_t h, w, window;
  bool shifted;
  window_attention::rule rule;
  std::int64_t shift_y, shift_x;  ///< expected
};

std::vector<double> in_windows(const attention_case& k, std::int64_t heads, std::int64_t hidden,
                               const float* x) {
  const std::int64_t n = k.window, h = (k.h + n - 1) / n * n, w = (k.w + n - 1) / n * n,
                     width = hidden / heads, offsets = 2 * n - 1;
  const auto bias = noise("op.bias", 3 * hidden), table = noise("table", offsets * offsets * heads);
  grid qkv(h, w, 3 * hidden);
  for (std::int64_t y = 0; y < h; ++y)
    for (std::int64_t column = 0; column < w; ++column)
      for (std::int64_t i = 0; i < 3 * hidden; ++i)
        qkv.at(y, column, i) = y < k.h && column < k.w ? x[(y * k.w + column) * 3 * hidden + i]
                                                       : bias[static_cast<std::size_t>(i)];
  qkv = rolled(qkv, -k.shift_y, -k.shift_x);
  grid made(h, w, hidden);
  for (std::int64_t y = 0; y < h; ++y)
    for (std::int64_t column = 0; column < w; ++column)
      for (std::int64_t head = 0; head < heads; ++head) {
        const std::int64_t top = y / n * n, left = column / n * n;
        std::vector<double> p;
        double total = 0;
        for (std::int64_t r = top; r < top + n; ++r)
          for (std::int64_t s = left; s < left + n; ++s) {
            double score = 0;
            for (std::int64_t d = head * width; d < (head + 1) * width; ++d)
              score += qkv.at(y, column, d) * qkv.at(r, s, hidden + d);
            score = score / std::sqrt(static_cast<double>(width)) +
                    table[static_cast<std::size_t>(((y - r + n - 1) * offsets + column - s + n - 1) * heads +
                                                   head)];
            if (region(y, h, n, k.shift_y) != region(r, h, n, k.shift_y) ||
                region(column, w, n, k.shift_x) != region(s, w, n, k.shift_x))
              score -= 100;
            p.push_back(std::exp(score));
            total += p.back();
          }
        for (std::int64_t d = head * width; d < (head + 1) * width; ++d)
          for (std::int64_t j = 0; j < n * n; ++j)
            made.at(y, column, d) +=
                p[static_cast<std::size_t>(j)] / total * qkv.at(top + j / n, left + j % n, 2 * hidden + d);
      }
  made = rolled(made, k.shift_y, k.shift_x);
  std::vector<double> out;
  for (std::int64_t y = 0; y < k.h; ++y)
    for (std::int64_t column = 0; column < k.w; ++column)
      for (std::int64_t i = 0; i < hidden; ++i) out.push_back(made.at(y, column, i));
  return out;
}

}  // namespace

TEST_CASE("attention in windows: padded, rolled, masked and back, without moving the map") {
  using rule = window_attention::rule;
  const attention_case cases[] = {
      {4, 4, 4, true, rule::shorter_side, 0, 0},  // one window: not shifted
      {8, 12, 4, false, rule::shorter_side, 0, 0}, {8, 12, 4, true, rule::shorter_side, 2, 2},
      {5, 9, 4, true, rule::shorter_side, 2, 2},   {7, 7, 3, true, rule::shorter_side, 1, 1},
      {4, 9, 4, true, rule::shorter_side, 0, 0},   {4, 9, 4, true, rule::each_side, 0, 2},
      {3, 2, 4, true, rule::each_side, 0, 0},      {9, 3, 4, true, rule::each_side, 2, 0},
      {1, 1, 7, false, rule::each_side, 0, 0},
  };
  each_table([&](const auto& t) {
    for (const attention_case& k : cases)
      for (const std::int64_t heads : {1, 3}) {
        const std::int64_t hidden = heads == 1 ? 24 : 15;
        graph_builder b;
        b.output("y", b.window_attention(b.image(3 * hidden),
                                         {{"op"}, "table", heads, k.window, k.shifted, k.rule}));
        const auto shape = value_shape::map(k.h, k.w, 3 * hidden);
        const auto x = noise("picture", 3 * shape.elements());
        std::vector<double> expected;
        for (std::int64_t item = 0; item < 3; ++item)
          for (const double v : in_windows(k, heads, hidden, x.data() + item * shape.elements()))
            expected.push_back(v);
        CAPTURE(k.h);
        CAPTURE(k.w);
        CAPTURE(k.window);
        CAPTURE(heads);
        CHECK(worst(run(std::move(b).finish(), t, shape, x), expected) <= 1e-5);
      }
  });
}

TEST_CASE("attention in windows refuses a map smaller than a window where its publisher does") {
  const auto shapes = [](window_attention::rule rule, std::int64_t h, std::int64_t w) {
    graph_builder b;
    b.output("y", b.window_attention(b.image(12), {{"op"}, "table", 1, 4, true, rule}));
    return aisle::nn::infer_shapes(std::move(b).finish(), value_shape::map(h, w, 12));
  };
  CHECK_NOTHROW(shapes(window_attention::rule::shorter_side, 4, 17));
  CHECK_NOTHROW(shapes(window_attention::rule::each_side, 17, 3));
  CHECK_THROWS_WITH_AS(shapes(window_attention::rule::shorter_side, 17, 3),
                       doctest::Contains("17 x 3 positions, expected at least"), aisle::shape_error);
}

TEST_CASE("patches are merged column by column, with zeros beyond an odd side") {
  each_table([](const auto& t) {
    for (const auto& [h, w] : {std::pair{1, 1}, {2, 4}, {3, 2}, {5, 7}}) {
      graph_builder b;
      b.output("y", b.merge_patches(b.image(5)));
      const auto shape = value_shape::map(h, w, 5);
      const auto x = noise("picture", 3 * shape.elements());
      std::vector<double> expected;
      for (std::int64_t item = 0; item < 3; ++item)
        for (std::int64_t y = 0; y < h; y += 2)
          for (std::int64_t column = 0; column < w; column += 2)
            for (const auto& [dy, dx] : {std::pair{0, 0}, {1, 0}, {0, 1}, {1, 1}})
              for (std::int64_t i = 0; i < 5; ++i)
                expected.push_back(
                    y + dy < h && column + dx < w
                        ? x[static_cast<std::size_t>(((item * h + y + dy) * w + column + dx) * 5 + i)]
                        : 0);
      CHECK(worst(run(std::move(b).finish(), t, shape, x), expected) == 0);
    }
  });
}

TEST_CASE("patches become tokens: a class token, then each with its position") {
  each_table([](const auto& t) {
    graph_builder b;
    const value tokens = b.patch_tokens(b.image(9), {"class", "positions", 3});
    b.output("y", tokens);
    b.output("mean", b.mean_tokens(tokens, 1));
    const aisle::nn::graph g = std::move(b).finish();
    const auto shape = value_shape::map(3, 3, 9);
    const auto x = noise("picture", 3 * shape.elements()), first = noise("class", 9),
               positions = noise("positions", 90);
    std::vector<double> expected, means;
    for (std::size_t item = 0; item < 3; ++item) {
      std::vector<double> mean(9);
      for (std::size_t i = 0; i < 90; ++i) {
        const float v = i < 9 ? first[i] : x[item * 81 + i - 9];
        expected.push_back(v + positions[i]);
        if (i >= 9) mean[i % 9] += static_cast<double>(v + positions[i]) / 9;
      }
      means.insert(means.end(), mean.begin(), mean.end());
    }
    CHECK(worst(run(g, t, shape, x), expected) == 0);
    const aisle::nn::network net(g, weights(), shape, {.engine = {.table = &t}, .outputs = {"mean"}});
    std::vector<float> got(27);
    net.run_images(x.data(), 3, shape, {{"mean", got.data()}});
    CHECK(worst(got, means) <= 1e-6);
  });
}

TEST_CASE("positions of another size are those of the model between which they lie: bicubic, a = -0.75") {
  const auto weight = [](double d) {
    constexpr double a = -0.75;
    d = std::abs(d);
    return d <= 1  ? (a + 2) * d * d * d - (a + 3) * d * d + 1
           : d < 2 ? a * d * d * d - 5 * a * d * d + 8 * a * d - 4 * a
                   : 0;
  };
  const std::int64_t side = 8;
  const auto first = noise("class", 2), positions = noise("positions", 2 * (side * side + 1));
  for (const auto& [h, w] : {std::pair{16, 4}, {8, 9}, {1, 23}, {5, 8}}) {
    graph_builder b;
    b.output("y", b.patch_tokens(b.image(2), {"class", "positions", side}));
    const auto shape = value_shape::map(h, w, 2);
    const aisle::nn::network net(std::move(b).finish(), weights(), shape, {.outputs = {"y"}});
    const std::vector<float> black(static_cast<std::size_t>(2 * h * w));
    std::vector<float> y(black.size() + 2);
    net.run_images(black.data(), 1, shape, {{"y", y.data()}});
    std::vector<double> expected = {static_cast<double>(first[0] + positions[0]),
                                    static_cast<double>(first[1] + positions[1])};
    for (std::int64_t row = 0; row < h; ++row)
      for (std::int64_t column = 0; column < w; ++column)
        for (std::int64_t i = 0; i < 2; ++i) {
          const double cy = (static_cast<double>(row) + 0.5) * side / h - 0.5,
                       cx = (static_cast<double>(column) + 0.5) * side / w - 0.5;
          double sum = 0;
          for (std::int64_t r = -4; r < side + 4; ++r)
            for (std::int64_t s = -4; s < side + 4; ++s)
              sum += weight(cy - static_cast<double>(r)) * weight(cx - static_cast<double>(s)) *
                     positions[static_cast<std::size_t>(2 * (1 +
                                                             std::clamp<std::int64_t>(r, 0, side - 1) * side +
                                                             std::clamp<std::int64_t>(s, 0, side - 1)) +
                                                        i)];
          expected.push_back(sum);
        }
    CHECK(worst(y, expected) <= 1e-6);
  }
}

TEST_CASE("windows side by side: what is missing of the last ones is zeros after the picture") {
  each_table([](const auto& t) {
    const auto graph = [](aisle::nn::padding mode) {
      graph_builder b;
      b.output("y", b.conv2d(b.image(), "op", {.out = 19, .kernel = 4, .stride = 4, .mode = mode}));
      return std::move(b).finish();
    };
    const auto odd = value_shape::map(9, 14, 3), whole = value_shape::map(12, 16, 3);
    const auto x = noise("picture", 3 * odd.elements());
    std::vector<float> padded;
    for (std::size_t item = 0; item < 3; ++item)
      for (std::size_t y = 0; y < 12; ++y)
        for (std::size_t i = 0; i < 48; ++i)
          padded.push_back(y < 9 && i < 42 ? x[(item * 9 + y) * 42 + i] : 0);
    const auto got = run(graph(aisle::nn::padding::after), t, odd, x),
               expected = run(graph(aisle::nn::padding::fixed), t, whole, padded);
    CHECK(worst(got, {expected.begin(), expected.end()}) <= 1e-5);
  });
}
