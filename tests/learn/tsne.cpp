#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include <aisle/base/random.hpp>
#include <aisle/learn/detail/affinities.hpp>
#include <aisle/learn/detail/fourier.hpp>
#include <aisle/learn/detail/repulsion.hpp>
#include <aisle/learn/tsne.hpp>

#include "blobs.hpp"
#include "neighbourhoods.hpp"
#include "support/support.hpp"

namespace {

using aisle::matrix;
using aisle::tsne;
using aisle::tsne_gradient;

matrix<double> spread_points(std::int64_t dims, std::int64_t n, double deviation) {
  aisle::random_generator random(4);
  matrix<double> out(dims, n);
  for (auto row : out)
    for (double& v : row) v = deviation * random.normal();
  return out;
}

/// Forces and their sum by definition, and how far others are from them, relative to the whole.
struct pairs {
  matrix<double> forces;
  double sum = 0;
  explicit pairs(const matrix<double>& points) : forces(points.rows(), points.cols()) {
    for (std::int64_t i = 0; i < points.cols(); ++i)
      for (std::int64_t j = 0; j < points.cols(); ++j) {
        if (j == i) continue;
        double square = 0;
        for (std::int64_t d = 0; d < points.rows(); ++d) square += std::pow(points(d, i) - points(d, j), 2);
        sum += 1 / (1 + square);
        for (std::int64_t d = 0; d < points.rows(); ++d)
          forces(d, i) += (points(d, i) - points(d, j)) / (1 + square) / (1 + square);
      }
  }
  double error(const matrix<double>& other, double other_sum) const {
    double difference = 0, whole = 0;
    for (std::int64_t i = 0; i < forces.rows() * forces.cols(); ++i) {
      difference += std::pow(other.data()[i] - forces.data()[i], 2);
      whole += std::pow(forces.data()[i], 2);
    }
    return std::max(std::sqrt(difference / whole), std::abs(other_sum / sum - 1));
  }
};

}  // namespace

TEST_CASE("Fourier transforms of every length are those of the definition") {
  for (const std::int64_t n : {1, 2, 3, 4, 5, 6, 8, 9, 15, 20, 27, 50, 60, 300}) {
    CAPTURE(n);
    const aisle::detail::fourier_transform transform(n);
    aisle::random_generator random(2);
    std::vector<double> re(transform.elements()), im(re.size()), work(2 * re.size());
    for (double& v : re) v = random.normal();
    for (double& v : im) v = random.normal();
    const auto a = re, b = im;
    transform.run(re.data(), im.data(), work.data());
    for (const std::int64_t sequence : {0, 3, 7})
      for (std::int64_t k = 0; k < n; ++k) {
        double x = 0, y = 0;
        for (std::int64_t j = 0; j < n; ++j) {
          const double angle =
              -2 * 3.141592653589793 * static_cast<double>(j * k % n) / static_cast<double>(n);
          const auto at = static_cast<std::size_t>(j * 8 + sequence);
          x += a[at] * std::cos(angle) - b[at] * std::sin(angle);
          y += a[at] * std::sin(angle) + b[at] * std::cos(angle);
        }
        REQUIRE(std::abs(re[static_cast<std::size_t>(k * 8 + sequence)] - x) < 1e-11);
        REQUIRE(std::abs(im[static_cast<std::size_t>(k * 8 + sequence)] - y) < 1e-11);
      }
    transform.run(im.data(), re.data(), work.data());  // and back
    for (std::size_t i = 0; i < re.size(); ++i)
      REQUIRE(std::abs(re[i] / static_cast<double>(n) - a[i]) < 1e-12);
  }
  CHECK_THROWS_AS(aisle::detail::fourier_transform(14), aisle::option_error);
  CHECK(aisle::detail::fourier_transform::length_from(97) == 100);
}

TEST_CASE("weights of neighbours have the entropy asked for, at any scale") {
  for (const double unit : {1e-20, 1.0, 1e20})
    for (const double perplexity : {2.0, 10.0, 29.5}) {
      std::vector<double> squares, weights;
      for (int j = 1; j <= 60; ++j) squares.push_back(unit * (3 + 0.1 * j));
      aisle::detail::calibrate(squares, perplexity, weights);
      double entropy = 0, sum = 0;
      for (const double w : weights) entropy -= w > 0 ? w * std::log(w) : 0, sum += w;
      CHECK(std::exp(entropy) == doctest::Approx(perplexity).epsilon(1e-6));
      CHECK(sum == doctest::Approx(1));
    }
  std::vector<double> weights;
  aisle::detail::calibrate({4, 4, 4, 4}, 2, weights);  // none is nearer
  CHECK(weights == std::vector<double>(4, 0.25));
  aisle::detail::calibrate({0, 0, 0, 9}, 2, weights);  // three that equal the row share
  CHECK(weights[0] == doctest::Approx(1.0 / 3));
  CHECK(weights[3] == doctest::Approx(0));
}

TEST_CASE("points push each other away, exactly and nearly so" *
          doctest::skip(support::long_when_sanitized())) {
  for (const std::int64_t dims : {2, 3})
    for (const std::int64_t n : {2, 3, 9, 500})
      for (const double deviation : {1e-4, 1.0, 12.0}) {
        CAPTURE(dims);
        CAPTURE(n);
        CAPTURE(deviation);
        const matrix<double> points = spread_points(dims, n, deviation);
        const pairs expected(points);
        matrix<double> forces(dims, n);
        double sum = aisle::detail::exact_repulsion(points, forces, 2);
        CHECK(expected.error(forces, sum) < 1e-12);
        sum = aisle::detail::barnes_hut_repulsion(points, 0, forces, 2);
        CHECK(expected.error(forces, sum) < 1e-12);
        sum = aisle::detail::barnes_hut_repulsion(points, 0.5, forces, 2);
        CHECK(expected.error(forces, sum) < 0.04);
        if (dims == 3 || (deviation > 1 && n < 500))
          continue;  // a grid is for points that are many for its size
        aisle::detail::interpolated_repulsion interpolated;
        sum = interpolated(points, forces, 2);
        CHECK(expected.error(forces, sum) < (deviation > 1 ? 0.02 : 1e-4));
        // Its kernel is kept: another grid, then the same again.
        matrix<double> again(dims, n);
        interpolated(spread_points(dims, n, 30), again, 2);
        interpolated(points, again, 2);
        CHECK(again == forces);
      }
}

TEST_CASE("points in one place") {
  for (const std::int64_t dims : {2, 3}) {
    const matrix<double> points(dims, 40, 0.5);
    matrix<double> forces(dims, 40, 7.0);
    CHECK(aisle::detail::barnes_hut_repulsion(points, 0.5, forces, 1) == doctest::Approx(40 * 39));
    CHECK(forces == matrix<double>(dims, 40));
    auto two = points;  // and all but one
    two(0, 17) = 3;
    const double sum = aisle::detail::barnes_hut_repulsion(two, 0, forces, 1);
    CHECK(pairs(two).error(forces, sum) < 1e-12);
  }
}

// Every gradient's reads and writes are in the other cases too.

TEST_CASE("clusters of rows are clusters of points, by every gradient, in two dimensions and three" *
          doctest::skip(support::sanitized)) {
  const auto d = blobs::make<double>({40, 40, 40}, 10, 0.6);
  for (const int dims : {2, 3})
    for (const auto gradient : {tsne_gradient::automatic, tsne_gradient::exact, tsne_gradient::barnes_hut,
                                tsne_gradient::interpolation}) {
      if (dims == 3 && gradient == tsne_gradient::interpolation) continue;
      CAPTURE(dims);
      const auto found =
          tsne(d.x, {.dims = dims, .perplexity = 10, .iterations = 600, .gradient = gradient, .threads = 1});
      CHECK(found.gradient == (gradient == tsne_gradient::automatic ? tsne_gradient::exact : gradient));
      REQUIRE(found.points.rows() == 120);
      REQUIRE(found.points.cols() == dims);
      CHECK(neighbourhoods::trustworthiness(d.x, found.points, 10) > (dims == 2 ? 0.94 : 0.96));
      // What it says of itself counts 30 neighbours, not all.
      CHECK(found.kl_divergence ==
            doctest::Approx(neighbourhoods::divergence(d.x, found.points, 10)).epsilon(0.1));
      for (std::int64_t i = 0; i < 120; ++i) {
        std::int64_t best = i == 0;
        for (std::int64_t j = 0; j < 120; ++j)
          if (j != i && neighbourhoods::square_distance(found.points.row(i), found.points.row(j)) <
                            neighbourhoods::square_distance(found.points.row(i), found.points.row(best)))
            best = j;
        CHECK(d.labels.codes()[static_cast<std::size_t>(best)] ==
              d.labels.codes()[static_cast<std::size_t>(i)]);
      }
    }
}

TEST_CASE("the divergence that is reported is that of all pairs where all count, and falls") {
  const auto d = blobs::make<double>({30, 30}, 5, 1);
  std::vector<double> told;
  const auto found = tsne(d.x, {.perplexity = 8, .neighbours = 59, .on_step = [&](const aisle::tsne_step& s) {
                                  CHECK(s.iterations == 750);
                                  told.push_back(s.kl_divergence);
                                }});
  CHECK(found.kl_divergence ==
        doctest::Approx(neighbourhoods::divergence(d.x, found.points, 8)).epsilon(1e-6));
  REQUIRE(told.size() == 15);
  CHECK(told.back() == found.kl_divergence);
  CHECK(told.back() < told[4]);
}

TEST_CASE_TEMPLATE("the same points for any number of threads, others for another seed" *
                       doctest::skip(support::long_when_sanitized()),
                   T, float, double) {
  const auto d = blobs::make<T>({90, 80, 70}, 12, 2);
  for (const auto gradient :
       {tsne_gradient::exact, tsne_gradient::barnes_hut, tsne_gradient::interpolation}) {
    const auto run = [&](int threads, std::uint64_t seed) {
      return tsne(d.x, {.perplexity = 10,
                        .early_iterations = 6,
                        .iterations = 6,
                        .start = aisle::tsne_start::random,
                        .gradient = gradient,
                        .seed = seed,
                        .threads = threads});
    };
    const auto one = run(1, 1);
    for (const int threads : {2, 3}) {
      const auto several = run(threads, 1);
      CHECK(several.points == one.points);
      CHECK(several.kl_divergence == one.kl_divergence);
    }
    CHECK_FALSE(run(1, 2).points == one.points);
  }
}

TEST_CASE("rows that are equal, on one line, few, or not at all different" *
          doctest::skip(support::sanitized)) {
  const auto finite = [](const aisle::tsne_result& r) {
    for (const auto row : r.points)
      for (const double v : row)
        if (!std::isfinite(v)) return false;
    return std::isfinite(r.kl_divergence);
  };
  matrix<double> line(50, 3);
  for (std::int64_t i = 0; i < 50; ++i) line(i, 1) = static_cast<double>(i / 2);  // each twice
  for (const auto gradient :
       {tsne_gradient::exact, tsne_gradient::barnes_hut, tsne_gradient::interpolation}) {
    const auto found = tsne(line, {.perplexity = 6, .iterations = 400, .gradient = gradient, .threads = 1});
    CHECK(finite(found));
    double across = 0;  // it has left the line
    for (const auto row : found.points) across = std::max(across, std::abs(row[1]));
    CHECK(across > 0.1);
    CHECK(finite(tsne(matrix<double>(40, 3, 2.5),
                      {.perplexity = 6, .iterations = 50, .gradient = gradient, .threads = 1})));
    CHECK(finite(
        tsne(matrix<double>(2, 1), {.perplexity = 1, .iterations = 50, .gradient = gradient, .threads = 1})));
  }
  CHECK(finite(tsne(line, {.dims = 3, .perplexity = 6, .iterations = 300})));
}

TEST_CASE("what t-SNE refuses, and how it is stopped") {
  const auto d = blobs::make<double>({20, 20}, 4, 1);
  CHECK_THROWS_WITH_AS(tsne(d.x, {.perplexity = 40}),
                       "t-SNE: perplexity is 40.000000, expected from 1 to below the number of rows, 40",
                       aisle::option_error);
  CHECK_THROWS_WITH_AS(tsne(d.x, {.dims = 4}), "t-SNE: dims is 4, expected 2 or 3", aisle::option_error);
  for (const aisle::tsne_options& o :
       {aisle::tsne_options{.perplexity = 0.5}, aisle::tsne_options{.perplexity = std::nan("")},
        aisle::tsne_options{.perplexity = 5, .early_exaggeration = 0},
        aisle::tsne_options{.perplexity = 5, .iterations = -1},
        aisle::tsne_options{.perplexity = 5, .learning_rate = -1},
        aisle::tsne_options{.perplexity = 5, .neighbours = 4},
        aisle::tsne_options{.perplexity = 5, .theta = 2},
        aisle::tsne_options{.dims = 3, .perplexity = 5, .gradient = tsne_gradient::interpolation}})
    CHECK_THROWS_AS(tsne(d.x, o), aisle::option_error);
  CHECK_THROWS_AS(tsne(matrix<double>(0, 4)), aisle::shape_error);
  CHECK_THROWS_AS(tsne(matrix<double>(9, 0)), aisle::shape_error);
  auto bad = d.x;
  bad(11, 2) = std::numeric_limits<double>::infinity();
  CHECK_THROWS_WITH_AS(tsne(bad, {.perplexity = 5}),
                       "features: row 11, column 2: infinite, expected a finite number", aisle::row_error);
  auto large = matrix<float>(40, 4);
  std::transform(d.x.data(), d.x.data() + 160, large.data(), [](double v) { return static_cast<float>(v); });
  large(7, 1) = 3e19f;
  CHECK_THROWS_WITH_AS(tsne(large, {.perplexity = 5}),
                       "features: row 7: the squares of its numbers overflow, expected smaller ones",
                       aisle::row_error);
  int calls = 0;
  CHECK_THROWS_AS(tsne(d.x, {.perplexity = 5,
                             .on_step =
                                 [&](const aisle::tsne_step& s) {
                                   ++calls;
                                   if (s.iteration >= 100) throw std::runtime_error("enough");
                                 }}),
                  std::runtime_error);
  CHECK(calls == 2);
  std::int64_t seen = 0;
  CHECK_THROWS_AS(tsne(d.x, {.perplexity = 5,
                             .progress =
                                 [&](const aisle::progress_event& e) {
                                   if (e.phase == "t-SNE") seen = e.done;
                                   if (seen == 7) throw std::runtime_error("enough");
                                 }}),
                  std::runtime_error);
  CHECK(seen == 7);
}
