#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include <aisle/base/random.hpp>
#include <aisle/kernels/choice.hpp>
#include <aisle/models/zoo.hpp>
#include <aisle/nn/network.hpp>
#include <aisle/nn/precision.hpp>

#include "support/tables.hpp"

using aisle::nn::value_shape;

namespace {

constexpr std::int64_t in = 700, out = 37, rows = 19;  // more than one chunk of k, no whole tiles

std::vector<float> inputs() {
  aisle::random_generator random(3);
  std::vector<float> x(static_cast<std::size_t>(rows * in));
  for (float& v : x) v = static_cast<float>(random.uniform(-1, 1));
  return x;
}

/// A layer without bias: one product.
std::vector<float> run(const aisle::kernels::kernel_table& table) {
  aisle::nn::graph_builder b;
  b.output("y", b.linear(b.image(in), "layer", {.out = out, .bias = false}));
  const auto weights = aisle::models::generated_weights();
  const auto shape = value_shape::map(1, rows, in);
  const aisle::nn::network net(std::move(b).finish(), weights, shape,
                               {.engine = {.table = &table}, .outputs = {"y"}});
  std::vector<float> y(static_cast<std::size_t>(rows * out));
  net.run_images(inputs().data(), 1, shape, {{"y", y.data()}});
  return y;
}

/// The same by single roundings, one multiply-add after the other over k.
std::vector<float> chain(bool fused) {
  const auto x = inputs();
  const auto w = aisle::models::generated_weights().read("layer.weight", {out, in});
  std::vector<float> y;
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t o = 0; o < out; ++o) {
      float sum = 0;
      for (std::int64_t k = 0; k < in; ++k) {
        const float a = x[static_cast<std::size_t>(r * in + k)],
                    b = w.data()[static_cast<std::size_t>(o * in + k)];
        if (fused) {
          sum = std::fma(a, b, sum);
        } else {
          volatile const float product = a * b;  // rounded before it is added
          sum += product;
        }
      }
      y.push_back(sum);
    }
  return y;
}

}  // namespace

TEST_CASE("precision f32-fma is a chain of multiply-adds over k, bit for bit, whatever isa is asked for") {
  support::each_table([](const auto& t) {
    const auto& table = aisle::select_table({.isa = t.name, .precision = "f32-fma"});
    CHECK(std::string(aisle::kernels::arithmetic_name(table)) == "fma");
    CHECK(table.single_precision == aisle::kernels::arithmetic::fma);
    const bool split = t.single_precision != aisle::kernels::arithmetic::fma;
    // Without a table of another arithmetic the option changes nothing.
    if (!split) CHECK(&table == &t);
    const auto got = run(table);
    if (table.name == std::string("generic"))
      CHECK((got == chain(false) || got == chain(true)));  // as the compiler's target has it
    else
      CHECK(got == chain(true));
    if (!split) return;
    // f32 on that table: another sum, no further from the exact one.
    const auto other = run(t);
    CHECK(other != got);
    const auto x = inputs();
    const auto w = aisle::models::generated_weights().read("layer.weight", {out, in});
    double error[2] = {};
    for (std::int64_t i = 0; i < rows * out; ++i) {
      double exact = 0;
      for (std::int64_t k = 0; k < in; ++k)
        exact += static_cast<double>(x[static_cast<std::size_t>(i / out * in + k)]) *
                 w.data()[static_cast<std::size_t>(i % out * in + k)];
      for (const auto& [which, y] : {std::pair{0, &got}, {1, &other}})
        error[which] += std::pow(exact - (*y)[static_cast<std::size_t>(i)], 2);
    }
    CHECK(error[1] <= error[0]);
  });
  CHECK_THROWS_WITH_AS(aisle::select_table({.precision = "f16"}), doctest::Contains("f32, f32-fma"),
                       aisle::option_error);
}
