#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <utility>

#include <aisle/base/counted.hpp>
#include <aisle/base/error.hpp>
#include <aisle/base/parallel.hpp>
#include <aisle/base/process.hpp>
#include <aisle/base/random.hpp>
#include <aisle/learn/detail/affinities.hpp>
#include <aisle/learn/detail/numbers.hpp>
#include <aisle/learn/detail/principal_axes.hpp>
#include <aisle/learn/detail/repulsion.hpp>
#include <aisle/learn/nearest.hpp>
#include <aisle/learn/tsne.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

AISLE_API void check_tsne(std::int64_t rows, std::int64_t cols, const tsne_options& o) {
  if (rows < 2 || cols < 1)
    throw shape_error("nothing for t-SNE to place: " + counted(rows, "row") + " of " +
                      counted(cols, "feature") + ", expected at least 2 of 1");
  if (rows > 2'000'000'000)
    throw shape_error("t-SNE of " + counted(rows, "row") + ", expected at most 2000000000");
  const auto require_that = [](bool good, const char* option, const std::string& found,
                               const std::string& expected) {
    if (!good)
      throw option_error("t-SNE: " + std::string(option) + " is " + found + ", expected " + expected);
  };
  const auto number = [&](bool good, const char* option, double found, const std::string& expected) {
    require_that(is_finite(found) && good, option, number_text(found), expected);
  };
  require_that(o.dims == 2 || o.dims == 3, "dims", std::to_string(o.dims), "2 or 3");
  number(o.perplexity >= 1 && o.perplexity < static_cast<double>(rows), "perplexity", o.perplexity,
         "from 1 to below the number of rows, " + std::to_string(rows));
  number(o.early_exaggeration > 0, "early_exaggeration", o.early_exaggeration, "a number above 0");
  require_that(o.early_iterations >= 0, "early_iterations", std::to_string(o.early_iterations), "0 or more");
  require_that(o.iterations >= 0, "iterations", std::to_string(o.iterations), "0 or more");
  number(o.learning_rate >= 0, "learning_rate", o.learning_rate, "0 or more");
  number(o.theta >= 0 && o.theta <= 1, "theta", o.theta, "from 0 to 1");
  require_that(o.neighbours == 0 || static_cast<double>(o.neighbours) >= o.perplexity, "neighbours",
               std::to_string(o.neighbours), "0 or no less than the perplexity");
  require_that(o.gradient != tsne_gradient::interpolation || o.dims == 2, "gradient", "interpolation",
               "another in three dimensions");
}

AISLE_API tsne_gradient choose_gradient(std::int64_t rows, const tsne_options& o) {
  if (o.gradient != tsne_gradient::automatic) return o.gradient;
  if (rows <= 1000) return tsne_gradient::exact;
  return o.dims == 2 && rows >= 6000 ? tsne_gradient::interpolation : tsne_gradient::barnes_hut;
}

/// Points that gradient descent moves.
class tsne_run {
 public:
  tsne_run(affinities p, matrix<double> start, const tsne_options& o)
      : p_(std::move(p)),
        options_(o),
        gradient_(choose_gradient(start.cols(), o)),
        threads_(thread_budget(o.threads)),
        points_(std::move(start)),
        forces_(points_.rows(), points_.cols()),
        updates_(points_.rows(), points_.cols()),
        gains_(points_.rows(), points_.cols(), 1.0) {}

  tsne_result run() {
    const std::int64_t all = options_.early_iterations + options_.iterations;
    for (std::int64_t i = 0; i < all; ++i) {
      throw_if_interrupted();
      if (options_.progress)
        options_.progress({.phase = "t-SNE", .done = i, .total = all, .unit = "iterations"});
      repel();
      if (i > 0 && i % 50 == 0 && options_.on_step) options_.on_step({i, all, divergence()});
      descend(i < options_.early_iterations ? options_.early_exaggeration : 1);
    }
    repel();
    tsne_result out{matrix<double>(points_.cols(), points_.rows()), divergence(), gradient_};
    for (std::int64_t i = 0; i < points_.cols(); ++i)
      for (std::int64_t d = 0; d < points_.rows(); ++d) out.points(i, d) = points_(d, i);
    if (options_.on_step) options_.on_step({all, all, out.kl_divergence});
    if (options_.progress)
      options_.progress({.phase = "t-SNE", .done = all, .total = all, .unit = "iterations"});
    return out;
  }

 private:
  static constexpr double momentum = 0.8, least_gain = 0.01, longest_step = 5;

  void repel() {
    if (gradient_ == tsne_gradient::interpolation)
      sum_ = interpolated_(points_, forces_, threads_);
    else if (gradient_ == tsne_gradient::barnes_hut)
      sum_ = barnes_hut_repulsion(points_, options_.theta, forces_, threads_);
    else
      sum_ = exact_repulsion(points_, forces_, threads_);
    // Approximations of so few pairs may leave less than nothing.
    sum_ = std::max(sum_, 1e-12);
  }

  double square_distance(std::int64_t i, std::int64_t j) const noexcept {
    double square = 0;
    for (std::int64_t d = 0; d < points_.rows(); ++d) {
      const double apart = points_(d, i) - points_(d, j);
      square += apart * apart;
    }
    return square;
  }

  /// Calls body(first, last) for blocks of points.
  template <class Body>
  void each_block(const Body& body) {
    constexpr std::int64_t block = 64;
    const std::int64_t n = points_.cols();
    parallel_for((n + block - 1) / block, threads_,
                 [&](std::int64_t b) { body(b * block, std::min(n, (b + 1) * block)); });
  }

  /// KL(P || Q) = sum of p log(p / (q / sum of q)).
  double divergence() {
    const std::int64_t n = points_.cols();
    std::vector<double> rows(static_cast<std::size_t>(n), 0.0);
    each_block([&](std::int64_t first, std::int64_t last) {
      for (std::int64_t i = first; i < last; ++i) {
        double& row = rows[static_cast<std::size_t>(i)];
        for (auto e = begin_of(i); e < begin_of(i + 1); ++e)
          row += p_.values[e] * (std::log(p_.values[e]) + std::log1p(square_distance(i, p_.columns[e])));
      }
    });
    double all = std::log(sum_);
    for (const double row : rows) all += row;
    return all;
  }

  std::size_t begin_of(std::int64_t i) const noexcept {
    return static_cast<std::size_t>(p_.starts[static_cast<std::size_t>(i)]);
  }

  void descend(double exaggeration) {
    const std::int64_t n = points_.cols(), dims = points_.rows();
    const double rate =
        options_.learning_rate > 0 ? options_.learning_rate : static_cast<double>(n) / exaggeration;
    each_block([&](std::int64_t first, std::int64_t last) {
      for (std::int64_t i = first; i < last; ++i) {
        double attraction[3] = {}, length = 0;
        for (auto e = begin_of(i); e < begin_of(i + 1); ++e) {
          const std::int64_t j = p_.columns[e];
          const double force = p_.values[e] / (1 + square_distance(i, j));
          for (std::int64_t d = 0; d < dims; ++d) attraction[d] += force * (points_(d, i) - points_(d, j));
        }
        for (std::int64_t d = 0; d < dims; ++d) {
          const double gradient = exaggeration * attraction[d] - forces_(d, i) / sum_;
          double &update = updates_(d, i), &gain = gains_(d, i);
          const auto sign = [](double v) { return (v > 0) - (v < 0); };
          gain = sign(update) != sign(gradient) ? gain + 0.2 : gain * 0.8 + least_gain;
          update = momentum * update - rate * gain * gradient;
          length += update * update;
        }
        if (length > longest_step * longest_step)
          for (std::int64_t d = 0; d < dims; ++d) updates_(d, i) *= longest_step / std::sqrt(length);
      }
    });
    for (std::int64_t d = 0; d < dims; ++d) {
      double mean = 0;
      for (std::int64_t i = 0; i < n; ++i) mean += points_(d, i) += updates_(d, i);
      mean /= static_cast<double>(n);
      for (double& v : points_.row(d)) v -= mean;
    }
  }

  affinities p_;
  const tsne_options& options_;
  tsne_gradient gradient_;
  int threads_;
  matrix<double> points_, forces_, updates_, gains_;  // [dims, n]
  interpolated_repulsion interpolated_;
  double sum_ = 1;  // of q over all pairs
};

/// Points with a deviation of 1e-4 in the first dimension. A little noise is in any start: what begins on one
/// line, or in one place, would stay there.
template <class T>
matrix<double> start_points(matrix_view<const T> x, const tsne_options& o) {
  constexpr double deviation = 1e-4;
  matrix<double> out(o.dims, x.rows());
  random_generator random(o.seed);
  double noise = deviation;
  if (o.start == tsne_start::pca) {
    const std::int64_t components = std::min<std::int64_t>({o.dims, x.rows(), x.cols()});
    const progress_callback none;
    const principal_axes axes = find_principal_axes(x, {.components = components,
                                                        .centre = true,
                                                        .solver = pca_solver::automatic,
                                                        .oversamples = 10,
                                                        .power_iterations = 0,
                                                        .seed = o.seed,
                                                        .threads = o.threads,
                                                        .progress = &none});
    if (const double widest = std::sqrt(axes.variance[0]); widest > 0) {
      const std::vector<double> factors(static_cast<std::size_t>(components), deviation / widest);
      const matrix<T> projected = project_rows(x, axes, factors, o.threads);
      for (std::int64_t d = 0; d < components; ++d)
        for (std::int64_t i = 0; i < x.rows(); ++i) out(d, i) = static_cast<double>(projected(i, d));
      noise = deviation / 100;
    }
  }
  for (std::int64_t i = 0; i < x.rows(); ++i)
    for (std::int64_t d = 0; d < o.dims; ++d) out(d, i) += noise * random.normal();
  return out;
}

template <class T>
tsne_result tsne_of(matrix_view<const T> x, const tsne_options& o) {
  check_tsne(x.rows(), x.cols(), o);
  require_numbers("features", x);
  for (std::int64_t r = 0; r < x.rows(); ++r) {
    double squares = 0;
    for (const T v : x.row(r)) squares += static_cast<double>(v) * static_cast<double>(v);
    // Four of them are the largest square of a distance.
    if (!(squares < static_cast<double>(std::numeric_limits<T>::max()) / 8))
      throw row_error("features", r, "", "the squares of its numbers overflow, expected smaller ones");
  }
  const auto wanted =
      o.neighbours > 0 ? o.neighbours : static_cast<std::int64_t>(std::min(3 * o.perplexity, 2e9));
  const std::int64_t k = std::min(x.rows() - 1, wanted);
  if (o.progress) o.progress({.phase = "nearest rows", .done = 0, .total = 1, .unit = "steps"});
  matrix<double> distances(x.rows(), k + 1);
  neighbours<T> found = nearest(x, x, {.k = k + 1, .metric = metric::l2, .threads = o.threads});
  std::transform(found.scores.data(), found.scores.data() + x.rows() * (k + 1), distances.data(),
                 [](T v) { return static_cast<double>(v); });
  affinities p = make_affinities(found.indices, distances, o.perplexity, o.threads);
  found = {};
  if (o.progress) o.progress({.phase = "nearest rows", .done = 1, .total = 1, .unit = "steps"});
  return tsne_run(std::move(p), start_points(x, o), o).run();
}

}  // namespace detail

AISLE_API tsne_result tsne(matrix_view<const float> x, const tsne_options& options) {
  return detail::tsne_of(x, options);
}
AISLE_API tsne_result tsne(matrix_view<const double> x, const tsne_options& options) {
  return detail::tsne_of(x, options);
}

AISLE_NAMESPACE_END
