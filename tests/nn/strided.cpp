#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include <aisle/base/random.hpp>
#include <aisle/models/zoo.hpp>
#include <aisle/nn/network.hpp>

#include "support/tables.hpp"

using aisle::nn::graph_builder;
using aisle::nn::padding;
using aisle::nn::value;
using aisle::nn::value_shape;
using support::each_table;

namespace {

std::vector<float> picture(const value_shape& s) {
  aisle::random_generator g(3);
  std::vector<float> v(static_cast<std::size_t>(s.elements()));
  for (auto& x : v) x = static_cast<float>(g.uniform(-1, 1));
  return v;
}

struct operator_case {
  const char* name;
  std::int64_t channels;
  std::function<value(graph_builder&, value)> record;
};

/// Every operator over maps, at widths that leave a tail for every vector length.
const std::vector<operator_case>& operators() {
  static const std::vector<operator_case> all = {
      {"conv2d 3x3 of few channels", 5,
       [](graph_builder& b, value x) { return b.conv2d(x, "op", {.out = 19, .kernel = 3, .pad = 1}); }},
      {"conv2d 2x2 without a border", 7,
       [](graph_builder& b, value x) { return b.conv2d(x, "op", {.out = 19, .kernel = 2, .stride = 2}); }},
      {"conv2d 3x3", 37,
       [](graph_builder& b, value x) {
         return b.conv2d(x, "op", {.out = 35, .kernel = 3, .stride = 2, .pad = 1, .bias = true});
       }},
      {"conv2d 1x7", 37,
       [](graph_builder& b, value x) {
         return b.conv2d(x, "op", {.out = 19, .mode = padding::same, .kernel_width = 7});
       }},
      {"conv2d 7x1 of few channels", 5,
       [](graph_builder& b, value x) {
         return b.conv2d(x, "op", {.out = 19, .kernel = 7, .mode = padding::same, .kernel_width = 1});
       }},
      {"conv2d 1x1", 37, [](graph_builder& b, value x) { return b.conv2d(x, "op", {.out = 50}); }},
      {"conv2d 1x1 with a residual", 21,
       [](graph_builder& b, value x) { return b.relu(b.add(b.conv2d(x, "op", {.out = 21}), x)); }},
      {"depthwise", 21,
       [](graph_builder& b, value x) {
         return b.depthwise(x, "op", {.kernel = 5, .mode = padding::same, .bias = true});
       }},
      {"linear", 33, [](graph_builder& b, value x) { return b.gelu(b.linear(x, "op", {.out = 18})); }},
      {"layer_norm", 33, [](graph_builder& b, value x) { return b.layer_norm(x, "op", 1e-6f); }},
      {"grn", 33, [](graph_builder& b, value x) { return b.grn(x, "op", 1e-6f); }},
      {"batch_norm", 33,
       [](graph_builder& b, value x) { return b.relu(b.batch_norm(b.relu(x), "op", 1e-5f)); }},
      {"l2_normalize", 33, [](graph_builder& b, value x) { return b.l2_normalize(x); }},
      {"activate", 33, [](graph_builder& b, value x) { return b.relu6(b.tap("before", x)); }},
      {"add", 33, [](graph_builder& b, value x) { return b.add(x, x); }},
      {"max_pool", 33,
       [](graph_builder& b, value x) { return b.max_pool(x, {.kernel = 3, .stride = 2, .pad = 1}); }},
      {"average_pool", 33,
       [](graph_builder& b, value x) {
         return b.average_pool(x, {.kernel = 3, .stride = 2, .pad = 1}, false);
       }},
      {"global_average", 33, [](graph_builder& b, value x) { return b.global_average(x); }},
      {"attention", 48, [](graph_builder& b, value x) { return b.attention(x, 2); }},
      {"window_attention", 42,
       [](graph_builder& b, value x) {
         return b.window_attention(
             x, {{"op"}, "table", 2, 3, true, aisle::nn::window_attention::rule::shorter_side});
       }},
      {"merge_patches", 33, [](graph_builder& b, value x) { return b.merge_patches(x); }},
      {"patch_tokens", 33,
       [](graph_builder& b, value x) {
         return b.patch_tokens(x, {"class", "positions", 3});
       }},
      {"mean_tokens", 33, [](graph_builder& b, value x) { return b.mean_tokens(x, 1); }},
  };
  return all;
}

std::vector<float> run(const aisle::nn::graph& g, const aisle::kernels::kernel_table& t, bool winograd,
                       std::int64_t items, int threads) {
  const value_shape in = value_shape::map(7, 6, 3);
  const auto weights = aisle::models::generated_weights();
  const aisle::nn::network net(g, weights, in,
                               {.engine = {.table = &t,
                                           .convolutions = winograd ? aisle::nn::convolution_choice::winograd
                                                                    : aisle::nn::convolution_choice::direct},
                                .outputs = {"y"}});
  std::vector<float> x, y(static_cast<std::size_t>(items * net.width("y")));
  for (std::int64_t i = 0; i < items; ++i) {
    const auto one = picture(in);
    x.insert(x.end(), one.begin(), one.end());
  }
  net.run_images(x.data(), items, in, {{"y", y.data()}}, {.threads = threads});
  return y;
}

}  // namespace

TEST_CASE("operators read columns of a wider value and write into them, in the same bits") {
  each_table([](const auto& t) {
    for (const operator_case& op : operators())
      for (const bool winograd : {false, true}) {
        CAPTURE(op.name);
        graph_builder plain;
        const value x = plain.conv2d(plain.image(), "x", {.out = op.channels});
        plain.output("y", op.record(plain, x));
        const auto expected = run(std::move(plain).finish(), t, winograd, 2, 1);

        // x lies between two others; so does the result, in another one, of which an average keeps the
        // columns.
        graph_builder b;
        const value in = b.image();
        const value left = b.conv2d(in, "left", {.out = 3}), middle = b.conv2d(in, "x", {.out = op.channels}),
                    right = b.conv2d(in, "right", {.out = 9});
        const value joined = b.concatenate({left, middle, right});
        const value made = op.record(b, middle);
        const value beside = b.relu(made);
        const value wide = b.concatenate({beside, made});
        b.output("y", wide);
        b.output("all", joined);
        aisle::nn::graph g = std::move(b).finish();
        for (const int threads : {1, 3}) {
          const auto got = run(g, t, winograd, 2, threads);
          REQUIRE(got.size() == 2 * expected.size());
          const auto c =
              static_cast<std::size_t>(aisle::nn::infer_shapes(g, value_shape::map(7, 6, 3)).back().c / 2);
          std::size_t wrong = 0;
          for (std::size_t i = 0; i < expected.size(); ++i) {
            const std::size_t row = i / c * 2 * c;
            wrong += got[row + i % c] != std::max(expected[i], 0.0f) || got[row + c + i % c] != expected[i];
          }
          CHECK(wrong == 0);
        }
      }
  });
}

TEST_CASE("values side by side: those that cannot lie in the columns are copied") {
  each_table([](const auto& t) {
    graph_builder b;
    const value in = b.image(), x = b.conv2d(in, "x", {.out = 5});
    const value twice = b.concatenate({x, x, in}), again = b.concatenate({twice, x, twice});
    b.output("y", b.concatenate({again, in}));
    const auto y = run(std::move(b).finish(), t, false, 2, 2);
    graph_builder p;
    p.output("y", p.conv2d(p.image(), "x", {.out = 5}));
    const auto conv = run(std::move(p).finish(), t, false, 2, 1);
    const auto pixels = picture(value_shape::map(7, 6, 3));
    const std::size_t width = 13 + 5 + 13 + 3;
    REQUIRE(y.size() == 2 * 42 * width);
    for (std::size_t row = 0; row < 84; ++row) {
      std::vector<float> expected;
      const auto put = [&](const float* from, std::size_t n) {
        expected.insert(expected.end(), from, from + n);
      };
      const auto thirteen = [&] {
        put(&conv[row * 5], 5);
        put(&conv[row * 5], 5);
        put(&pixels[row % 42 * 3], 3);
      };
      thirteen();
      put(&conv[row * 5], 5);
      thirteen();
      put(&pixels[row % 42 * 3], 3);
      CHECK(
          std::equal(expected.begin(), expected.end(), y.begin() + static_cast<std::ptrdiff_t>(row * width)));
    }
  });
}

TEST_CASE("rows that differ cannot be put side by side, nor added") {
  const auto shapes = [](bool add) {
    graph_builder b;
    const value in = b.image(), small = b.max_pool(in, {.kernel = 2, .stride = 2});
    b.output("y", add ? b.add(in, small) : b.concatenate({in, small}));
    return aisle::nn::infer_shapes(std::move(b).finish(), value_shape::map(8, 8, 3));
  };
  CHECK_THROWS_WITH_AS(shapes(false), doctest::Contains("4 x 4 x 3"), aisle::shape_error);
  CHECK_THROWS_WITH_AS(shapes(true), doctest::Contains("4 x 4 x 3"), aisle::shape_error);
}
