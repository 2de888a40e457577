#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <aisle/base/random.hpp>
#include <aisle/models/zoo.hpp>
#include <aisle/nn/network.hpp>

#include "support/tables.hpp"

using aisle::nn::graph_builder;
using aisle::nn::value;
using aisle::nn::value_shape;
using support::each_table;

namespace {

/// A picture or map as doubles, channels last.
struct map {
  std::int64_t h = 0, w = 0, c = 0;
  std::vector<double> v;
  double& at(std::int64_t y, std::int64_t x, std::int64_t ch) {
    return v[static_cast<std::size_t>((y * w + x) * c + ch)];
  }
  double get(std::int64_t y, std::int64_t x, std::int64_t ch) const {
    return y < 0 || y >= h || x < 0 || x >= w ? 0 : v[static_cast<std::size_t>((y * w + x) * c + ch)];
  }
};

std::vector<float> picture(std::int64_t h, std::int64_t w, std::int64_t c, std::uint64_t seed = 1) {
  aisle::random_generator g(seed);
  std::vector<float> v(static_cast<std::size_t>(h * w * c));
  for (auto& x : v) x = static_cast<float>(g.uniform(-1, 1));
  return v;
}

aisle::nn::weight_source noise_weights() { return aisle::models::generated_weights(); }

std::vector<float> tensor_of(const std::string& name, const aisle::shape& dims) {
  const auto b = noise_weights().read(name, dims);
  return {b.begin(), b.end()};
}

std::vector<float> run(const aisle::nn::graph& g, const value_shape& in, const std::vector<float>& x,
                       const aisle::kernels::kernel_table& t, bool winograd = false, std::int64_t items = 1,
                       int threads = 2) {
  const auto source = noise_weights();
  const aisle::nn::network net(g, source, in,
                               {.engine = {.table = &t,
                                           .convolutions = winograd ? aisle::nn::convolution_choice::winograd
                                                                    : aisle::nn::convolution_choice::direct},
                                .outputs = {"y"}});
  std::vector<float> y(static_cast<std::size_t>(items * net.width("y")));
  aisle::nn::run_options options;
  options.threads = threads;
  net.run_images(x.data(), items, in, {{"y", y.data()}}, options);
  return y;
}

double worst(const std::vector<float>& got, const std::vector<double>& expected) {
  REQUIRE(got.size() == expected.size());
  double e = 0;
  for (std::size_t i = 0; i < got.size(); ++i) e = std::max(e, std::abs(got[i] - expected[i]));
  return e;
}

map direct_convolution(const map& x, const std::string& name, std::int64_t out, std::int64_t kernel,
                       std::int64_t stride, std::int64_t before, std::int64_t oh, std::int64_t ow,
                       bool depthwise, std::int64_t width = 0) {
  const std::int64_t in_c = depthwise ? 1 : x.c;
  if (width == 0) width = kernel;
  const auto w = tensor_of(name + ".weight", {out, in_c, kernel, width});
  const auto b = tensor_of(name + ".bias", {out});
  map y{oh, ow, out, std::vector<double>(static_cast<std::size_t>(oh * ow * out))};
  for (std::int64_t oy = 0; oy < oh; ++oy)
    for (std::int64_t ox = 0; ox < ow; ++ox)
      for (std::int64_t o = 0; o < out; ++o) {
        double s = b[static_cast<std::size_t>(o)];
        for (std::int64_t i = 0; i < in_c; ++i)
          for (std::int64_t ky = 0; ky < kernel; ++ky)
            for (std::int64_t kx = 0; kx < width; ++kx)
              s += x.get(oy * stride - before + ky, ox * stride - before + kx, depthwise ? o : i) *
                   w[static_cast<std::size_t>(((o * in_c + i) * kernel + ky) * width + kx)];
        y.at(oy, ox, o) = s;
      }
  return y;
}

}  // namespace

TEST_CASE("convolutions of every kind against the direct sum, on every table") {
  each_table([](const auto& t) {
    for (const bool depthwise : {false, true})
      for (std::int64_t c : {3, 20})
        for (std::int64_t kernel : {1, 2, 3, 5, 7})
          for (std::int64_t stride : {1, 2})
            for (const bool same : {false, true}) {
              const std::int64_t h = 11, w = 8, out = depthwise ? c : 18, pad = same ? 0 : kernel / 2;
              const auto x = picture(h, w, c);
              graph_builder b;
              aisle::nn::graph_builder::conv_options o;
              o.out = out;
              o.kernel = kernel;
              o.stride = stride;
              o.pad = pad;
              o.mode = same ? aisle::nn::padding::same : aisle::nn::padding::fixed;
              o.bias = true;
              const value in = b.image(c);
              b.output("y", depthwise ? b.depthwise(in, "conv", o) : b.conv2d(in, "conv", o));
              const auto g = std::move(b).finish();
              const auto shape = value_shape::map(h, w, c);
              const auto out_shape = aisle::nn::infer_shapes(g, shape).back();
              CAPTURE(depthwise);
              CAPTURE(c);
              CAPTURE(kernel);
              CAPTURE(stride);
              CAPTURE(same);
              if (same) CHECK(out_shape.h == (h + stride - 1) / stride);
              // TensorFlow: the odd zero goes after.
              const auto before = [&](std::int64_t size, std::int64_t n) {
                return same ? std::max<std::int64_t>((n - 1) * stride + kernel - size, 0) / 2 : pad;
              };
              map m{h, w, c, {x.begin(), x.end()}};
              // One axis at a time would hide a mix-up of the two: shift the picture so that both paddings
              // are the same.
              const std::int64_t top = before(h, out_shape.h), left = before(w, out_shape.w);
              map shifted{h + top, w + left, c,
                          std::vector<double>(static_cast<std::size_t>((h + top) * (w + left) * c))};
              for (std::int64_t y = 0; y < h; ++y)
                for (std::int64_t xx = 0; xx < w; ++xx)
                  for (std::int64_t ch = 0; ch < c; ++ch)
                    shifted.at(y + top, xx + left, ch) = m.get(y, xx, ch);
              const map expected = direct_convolution(shifted, "conv", out, kernel, stride, 0, out_shape.h,
                                                      out_shape.w, depthwise);
              CHECK(worst(run(g, shape, x, t), expected.v) <= 1e-5);
            }
  });
}

TEST_CASE("windows that are not square, borders included, on every table") {
  each_table([](const auto& t) {
    for (const bool depthwise : {false, true})
      for (const std::int64_t c : {3, 20})
        for (const std::pair<std::int64_t, std::int64_t>& sides :
             {std::pair<std::int64_t, std::int64_t>{1, 7}, {7, 1}, {3, 1}, {3, 5}})
          for (const std::int64_t stride : {1, 2})
            for (const bool same : {false, true}) {
              const std::int64_t height = sides.first, width = sides.second;
              CAPTURE(depthwise);
              CAPTURE(c);
              CAPTURE(height);
              CAPTURE(width);
              CAPTURE(stride);
              CAPTURE(same);
              const std::int64_t h = 11, w = 8, out = depthwise ? c : 18;
              const auto x = picture(h, w, c);
              graph_builder b;
              aisle::nn::graph_builder::conv_options o;
              o.out = out;
              o.kernel = height;
              o.stride = stride;
              o.mode = same ? aisle::nn::padding::same : aisle::nn::padding::fixed;
              o.bias = true;
              o.kernel_width = width;
              const value in = b.image(c);
              b.output("y", depthwise ? b.depthwise(in, "conv", o) : b.conv2d(in, "conv", o));
              const auto g = std::move(b).finish();
              const auto shape = value_shape::map(h, w, c),
                         out_shape = aisle::nn::infer_shapes(g, shape).back();
              if (!same) {
                CHECK(out_shape.h == (h - height) / stride + 1);
                CHECK(out_shape.w == (w - width) / stride + 1);
              }
              const auto before = [&](std::int64_t size, std::int64_t n, std::int64_t kernel) {
                return same ? std::max<std::int64_t>((n - 1) * stride + kernel - size, 0) / 2 : 0;
              };
              const map m{h, w, c, {x.begin(), x.end()}};
              const std::int64_t top = before(h, out_shape.h, height), left = before(w, out_shape.w, width);
              map shifted{h + top, w + left, c,
                          std::vector<double>(static_cast<std::size_t>((h + top) * (w + left) * c))};
              for (std::int64_t y = 0; y < h; ++y)
                for (std::int64_t xx = 0; xx < w; ++xx)
                  for (std::int64_t ch = 0; ch < c; ++ch)
                    shifted.at(y + top, xx + left, ch) = m.get(y, xx, ch);
              const map expected = direct_convolution(shifted, "conv", out, height, stride, 0, out_shape.h,
                                                      out_shape.w, depthwise, width);
              CHECK(worst(run(g, shape, x, t), expected.v) <= 1e-5);
              CHECK(worst(run(g, shape, x, t, true), expected.v) <= 1e-5);  // not one for Winograd
            }
  });
}

TEST_CASE("averages over a window that is not square, with and without the padding") {
  each_table([](const auto& t) {
    for (const bool count : {false, true}) {
      graph_builder b;
      b.output("y",
               b.average_pool(b.image(5), {.kernel = 1, .mode = aisle::nn::padding::same, .kernel_width = 3},
                              count));
      const auto x = picture(4, 6, 5);
      const auto y = run(std::move(b).finish(), value_shape::map(4, 6, 5), x, t);
      std::vector<double> expected(x.size());
      for (std::size_t row = 0; row < 4; ++row)
        for (std::size_t col = 0; col < 6; ++col)
          for (std::size_t c = 0; c < 5; ++c) {
            double sum = 0;
            std::size_t inside = 0;
            for (std::size_t at = col == 0 ? 0 : col - 1; at < std::min<std::size_t>(col + 2, 6);
                 ++at, ++inside)
              sum += x[(row * 6 + at) * 5 + c];
            expected[(row * 6 + col) * 5 + c] = sum / (count ? 3.0 : static_cast<double>(inside));
          }
      CHECK(worst(y, expected) <= 1e-6);
    }
  });
}

TEST_CASE("the cheapest way to compute a convolution follows from its sizes") {
  using aisle::nn::convolution_choice;
  each_table([](const auto& t) {
    for (const std::int64_t c : {2, 96}) {
      graph_builder b;
      b.output("y", b.conv2d(b.image(c), "conv", {.out = c, .kernel = 3, .pad = 1}));
      const auto g = std::move(b).finish();
      const auto x = picture(12, 12, c);
      const auto by = [&](convolution_choice choice) {
        const auto weights = aisle::models::generated_weights();
        const aisle::nn::network net(g, weights, value_shape::map(12, 12, c),
                                     {.engine = {.table = &t, .convolutions = choice}, .outputs = {"y"}});
        std::vector<float> y(static_cast<std::size_t>(12 * 12 * c));
        net.run_images(x.data(), 1, value_shape::map(12, 12, c), {{"y", y.data()}});
        return y;
      };
      // Two channels are transformed for longer than they are multiplied.
      const auto expected = c == 2 ? convolution_choice::direct : convolution_choice::winograd;
      CHECK(by(convolution_choice::cheapest) == by(expected));
    }
  });
}

TEST_CASE("Winograd gives the direct convolution, borders, odd sizes, residual and activation included") {
  each_table([](const auto& t) {
    for (std::int64_t h : {1, 4, 7})
      for (std::int64_t w : {2, 9})
        for (std::int64_t pad : {0, 1}) {
          if (h + 2 * pad < 3 || w + 2 * pad < 3) continue;
          const std::int64_t c = 19;
          graph_builder b;
          const value in = b.image(c);
          value y = b.conv2d(in, "conv", {.out = 19, .kernel = 3, .pad = pad, .bias = true});
          if (pad == 1) y = b.relu(b.add(y, in));
          b.output("y", y);
          const auto g = std::move(b).finish();
          const auto x = picture(h, w, c);
          const auto direct = run(g, value_shape::map(h, w, c), x, t);
          const auto winograd = run(g, value_shape::map(h, w, c), x, t, true);
          CHECK(direct != winograd);  // it is another algorithm
          CHECK(worst(winograd, {direct.begin(), direct.end()}) <= 2e-5);
        }
  });
}

TEST_CASE("fusion folds batch norms, adds and activations, and keeps every bit of what it keeps") {
  const auto record = [] {
    graph_builder b;
    const value in = b.image(3);
    value x = b.tap("conv", b.conv2d(in, "c1", {.out = 8, .kernel = 3, .pad = 1}));
    x = b.tap("norm", b.batch_norm(x, "bn1", 1e-3f));
    const value shortcut = b.tap("relu", b.relu(x));
    x = b.conv2d(shortcut, "c2", {.out = 8, .kernel = 1});
    x = b.batch_norm(x, "bn2", 1e-3f);
    x = b.tap("sum", b.add(x, shortcut));
    x = b.tap("last", b.relu6(x));
    b.output("y", b.global_average(x));
    b.output("unused", b.linear(b.global_average(x), "head", {.out = 5}));
    return std::move(b).finish();
  };
  const auto g = record();
  const auto fused = aisle::nn::fuse(g, {"y"}, false);
  CHECK(fused.nodes.size() == 4);  // picture, two convolutions, average
  const auto tapped = aisle::nn::fuse(g, {"y"}, true);
  CHECK(tapped.taps.size() == 5);
  CHECK_THROWS_WITH_AS(aisle::nn::fuse(g, {"logits"}, false), doctest::Contains("unused, y"),
                       aisle::option_error);

  each_table([&](const auto& t) {
    const auto source = noise_weights();
    const auto shape = value_shape::map(6, 5, 3);
    const auto x = picture(6, 5, 3);
    const aisle::nn::network plain(g, source, shape, {.engine = {.table = &t}, .outputs = {"y"}});
    const aisle::nn::network with_taps(g, source, shape,
                                       {.engine = {.table = &t}, .outputs = {"y"}, .taps = true});
    std::vector<float> y(8), z(8);
    plain.run_images(x.data(), 1, shape, {{"y", y.data()}});
    std::map<std::string, std::vector<float>> seen;
    aisle::nn::run_options options;
    options.on_tap = [&](const std::string& name, const value_shape& s, const float* data) {
      seen[name].assign(data, data + s.elements());
    };
    with_taps.run_images(x.data(), 1, shape, {{"y", z.data()}}, options);
    CHECK(y == z);
    REQUIRE(seen.size() == 5);
    // The unfolded convolution, then its norm by hand.
    const auto gamma = tensor_of("bn1.weight", {8}), beta = tensor_of("bn1.bias", {8});
    const auto mean = tensor_of("bn1.running_mean", {8}), variance = tensor_of("bn1.running_var", {8});
    for (std::size_t i = 0; i < seen["norm"].size(); ++i) {
      const std::size_t c = i % 8;
      const double n =
          (seen["conv"][i] - mean[c]) / std::sqrt(static_cast<double>(variance[c]) + 1e-3) * gamma[c] +
          beta[c];
      CHECK(seen["norm"][i] == doctest::Approx(n).epsilon(1e-5).scale(1));
      CHECK(seen["relu"][i] == std::max(seen["norm"][i], 0.0f));
      CHECK(seen["last"][i] == std::min(std::max(seen["sum"][i], 0.0f), 6.0f));
    }
  });
}

TEST_CASE("an item's bits do not depend on batch or threads") {
  each_table([](const auto& t) {
    const auto g = [] {
      graph_builder b;
      value x = b.conv2d(b.image(3), "stem", {.out = 24, .kernel = 3, .stride = 2, .pad = 1, .bias = true});
      x = b.layer_norm(x, "norm", 1e-6f);
      value y = b.depthwise(x, "dw", {.kernel = 7, .pad = 3, .bias = true});
      y = b.grn(b.gelu(b.linear(y, "up", {.out = 96})), "grn", 1e-6f);
      x = b.add(b.linear(y, "down", {.out = 24}), x);
      b.output("y", b.global_average(b.max_pool(x, {.kernel = 3, .stride = 2, .pad = 1})));
      return std::move(b).finish();
    }();
    const auto shape = value_shape::map(15, 17, 3);
    std::vector<float> eight, expected;
    for (std::uint64_t i = 0; i < 8; ++i) {
      const std::vector<float> one = picture(15, 17, 3, i), y = run(g, shape, one, t, false, 1, 1);
      eight.insert(eight.end(), one.begin(), one.end());
      expected.insert(expected.end(), y.begin(), y.end());
      CHECK(y == run(g, shape, one, t, false, 1, 3));
    }
    // One thread and two run eight in groups of four, three on one thread are one batch, and three on five
    // threads share the tiles of a batch.
    struct {
      std::int64_t items;
      int threads;
    } const ways[] = {{8, 1}, {8, 2}, {3, 1}, {3, 5}};
    for (const auto& [items, threads] : ways) {
      const auto y = run(g, shape, eight, t, false, items, threads);
      CHECK(std::memcmp(y.data(), expected.data(), y.size() * sizeof(float)) == 0);
    }
    CHECK(std::memcmp(expected.data(), expected.data() + 24, 24 * sizeof(float)) != 0);
  });
}

TEST_CASE("the same network serves many sizes from many threads") {
  graph_builder b;
  b.output("y", b.global_average(
                    b.relu(b.conv2d(b.image(3), "c", {.out = 4, .kernel = 3, .stride = 2, .pad = 1}))));
  const auto g = std::move(b).finish();
  const auto source = noise_weights();
  const aisle::nn::network net(g, source, value_shape::map(8, 8, 3), {.outputs = {"y"}});
  std::vector<std::vector<float>> results(40);
  aisle::parallel_for(40, 4, [&](std::int64_t i) {
    const std::int64_t side = 5 + i % 4;
    const auto x = picture(side, side + 1, 3, static_cast<std::uint64_t>(i % 4));
    auto& y = results[static_cast<std::size_t>(i)];
    y.resize(4);
    net.run_images(x.data(), 1, value_shape::map(side, side + 1, 3), {{"y", y.data()}});
  });
  for (std::size_t i = 4; i < 40; ++i) CHECK(results[i] == results[i % 4]);
  const auto x = picture(8, 8, 3);
  std::vector<float> y(4);
  // Refused too when a plan for this height and width was made before.
  net.run_images(x.data(), 1, value_shape::map(8, 8, 3), {{"y", y.data()}});
  CHECK_THROWS_AS(net.run_images(x.data(), 1, value_shape::map(8, 8, 1), {{"y", y.data()}}),
                  aisle::shape_error);
  CHECK_THROWS_AS(net.run_images(x.data(), 1, value_shape::map(8, 8, 3), {{"logits", y.data()}}),
                  aisle::option_error);
}

TEST_CASE("token batches are checked before anything is read") {
  const auto graph = aisle::models::bert(
      {.hidden = 8, .layers = 1, .heads = 2, .intermediate = 16, .vocabulary = 10, .positions = 6});
  const auto source = noise_weights();
  const aisle::nn::network net(graph, source, value_shape::tokens(0), {});
  const auto run_ids = [&](std::vector<std::int32_t> ids, std::vector<std::int32_t> positions,
                           std::vector<std::int32_t> types) {
    std::vector<float> y(8);
    const std::vector<std::int64_t> starts = {0, static_cast<std::int64_t>(ids.size())};
    net.run_tokens({ids, types, positions, starts}, {{"embedding", y.data()}});
    return y;
  };
  const auto good = run_ids({1, 2}, {0, 1}, {0, 0});
  double norm = 0;
  for (const float v : good) norm += static_cast<double>(v) * v;
  CHECK(norm == doctest::Approx(1.0).epsilon(1e-6));
  CHECK_THROWS_WITH_AS(run_ids({1, 10}, {0, 1}, {0, 0}), doctest::Contains("token id 10"),
                       aisle::shape_error);
  CHECK_THROWS_AS(run_ids({1, -1}, {0, 1}, {0, 0}), aisle::shape_error);
  CHECK_THROWS_AS(run_ids({1, 2}, {0, 6}, {0, 0}), aisle::shape_error);
  CHECK_THROWS_AS(run_ids({1, 2}, {0, 1}, {0, 2}), aisle::shape_error);
  CHECK_THROWS_AS(run_ids({1, 2}, {0}, {0, 0}), aisle::shape_error);
  const std::vector<std::int32_t> five(5, 1), zeros(5, 0);
  std::vector<float> room(24);
  for (const std::vector<std::int64_t>& starts :
       {std::vector<std::int64_t>{0, 100, 5}, {0, -1, 5}, {0, 4}, {1, 5}, {0, 6}})
    CHECK_THROWS_AS(net.run_tokens({five, zeros, zeros, starts}, {{"embedding", room.data()}}),
                    aisle::shape_error);
}

TEST_CASE("a sequence without tokens has vectors of zeros and harms no other") {
  const auto graph = aisle::models::bert(
      {.hidden = 8, .layers = 1, .heads = 2, .intermediate = 16, .vocabulary = 10, .positions = 6});
  const auto source = noise_weights();
  const aisle::nn::network net(graph, source, value_shape::tokens(0), {.outputs = {"pooler_output"}});
  const std::vector<std::int32_t> ids = {1, 2}, positions = {0, 1}, types = {0, 0};
  std::vector<float> alone(8), three(24, 7.0f);
  net.run_tokens({ids, types, positions, std::vector<std::int64_t>{0, 2}}, {{"pooler_output", alone.data()}});
  net.run_tokens({ids, types, positions, std::vector<std::int64_t>{0, 0, 2, 2}},
                 {{"pooler_output", three.data()}});
  CHECK(std::equal(alone.begin(), alone.end(), three.begin() + 8));
  // The pooler's dense layer and tanh of zeros: both empty ones alike, whatever memory held.
  CHECK(std::equal(three.begin(), three.begin() + 8, three.begin() + 16));
}
