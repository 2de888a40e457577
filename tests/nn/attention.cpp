#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include <aisle/base/random.hpp>
#include <aisle/models/zoo.hpp>
#include <aisle/nn/network.hpp>

#include "support/tables.hpp"

using aisle::nn::value_shape;

namespace {

/// Softmax(q k' / sqrt(width)) v of each head, for `rows` rows of query, key and value side by side.
std::vector<double> attention(const float* qkv, std::int64_t rows, std::int64_t hidden, std::int64_t heads) {
  const std::int64_t width = hidden / heads;
  const auto at = [&](std::int64_t row, std::int64_t part, std::int64_t head, std::int64_t d) {
    return static_cast<double>(qkv[row * 3 * hidden + part * hidden + head * width + d]);
  };
  std::vector<double> out(static_cast<std::size_t>(rows * hidden));
  for (std::int64_t head = 0; head < heads; ++head)
    for (std::int64_t i = 0; i < rows; ++i) {
      std::vector<double> p(static_cast<std::size_t>(rows));
      double top = -1e300, total = 0;
      for (std::int64_t j = 0; j < rows; ++j) {
        double s = 0;
        for (std::int64_t d = 0; d < width; ++d) s += at(i, 0, head, d) * at(j, 1, head, d);
        top = std::max(top, p[static_cast<std::size_t>(j)] = s / std::sqrt(static_cast<double>(width)));
      }
      for (double& v : p) total += v = std::exp(v - top);
      for (std::int64_t d = 0; d < width; ++d)
        for (std::int64_t j = 0; j < rows; ++j)
          out[static_cast<std::size_t>(i * hidden + head * width + d)] +=
              p[static_cast<std::size_t>(j)] / total * at(j, 2, head, d);
    }
  return out;
}

}  // namespace

// Tokens of text are packed sequences of any length; the positions of a picture's map are as many in each
// item.
TEST_CASE("attention over the positions of maps: each item attends to itself alone") {
  support::each_table([](const auto& t) {
    for (const auto& [h, w] : {std::pair{1, 1}, {2, 3}, {7, 7}, {5, 11}})
      for (const std::int64_t heads : {1, 3}) {
        const std::int64_t hidden = 24, rows = h * w, items = 5;
        aisle::nn::graph_builder b;
        b.output("y", b.attention(b.image(3 * hidden), heads));
        const auto shape = value_shape::map(h, w, 3 * hidden);
        const auto none = aisle::models::generated_weights();
        const aisle::nn::network net(std::move(b).finish(), none, shape,
                                     {.engine = {.table = &t}, .outputs = {"y"}});
        aisle::random_generator random(7);
        std::vector<float> x(static_cast<std::size_t>(items * rows * 3 * hidden));
        for (float& v : x) v = static_cast<float>(random.uniform(-2, 2));
        CAPTURE(rows);
        CAPTURE(heads);
        REQUIRE(net.width("y") == rows * hidden);
        for (const int threads : {1, 3}) {
          std::vector<float> y(static_cast<std::size_t>(items * rows * hidden));
          net.run_images(x.data(), items, shape, {{"y", y.data()}}, {.threads = threads});
          for (std::int64_t item = 0; item < items; ++item) {
            const auto expected = attention(x.data() + item * rows * 3 * hidden, rows, hidden, heads);
            double worst = 0;
            for (std::size_t i = 0; i < expected.size(); ++i)
              worst = std::max(worst,
                               std::abs(expected[i] - y[static_cast<std::size_t>(item * rows * hidden) + i]));
            CHECK(worst <= 4e-6);
          }
        }
      }
  });
}
