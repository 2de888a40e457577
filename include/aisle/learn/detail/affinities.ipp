#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>

#include <aisle/base/parallel.hpp>
#include <aisle/learn/detail/affinities.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

AISLE_API void calibrate(const std::vector<double>& squares, double perplexity,
                         std::vector<double>& weights) {
  const double nearest_one = *std::min_element(squares.begin(), squares.end());
  const double farthest = *std::max_element(squares.begin(), squares.end());
  const double wanted = std::log(perplexity);
  weights.assign(squares.size(), 1 / static_cast<double>(squares.size()));
  if (farthest == nearest_one) return;
  // The search is for a number without unit, so that distances of any size take the same steps.
  const double unit = farthest - nearest_one;
  constexpr double none = -1;
  double beta = 1, low = 0, high = none;
  for (int step = 0; step < 200; ++step) {
    double sum = 0, moment = 0;
    for (std::size_t j = 0; j < squares.size(); ++j) {
      const double d = (squares[j] - nearest_one) / unit;
      weights[j] = std::exp(-beta * d);
      sum += weights[j];
      moment += d * weights[j];
    }
    const double entropy = std::log(sum) + beta * moment / sum;
    for (double& w : weights) w /= sum;
    if (std::abs(entropy - wanted) < 1e-8) break;
    if (entropy > wanted) {
      low = beta;
      beta = high == none ? 2 * beta : (beta + high) / 2;
      if (beta > 1e300) break;  // several rows are as near as the nearest
    } else {
      high = beta;
      beta = (beta + low) / 2;
    }
  }
}

AISLE_API affinities make_affinities(const matrix<std::int64_t>& neighbours, const matrix<double>& distances,
                                     double perplexity, int threads) {
  struct entry {
    std::int32_t column;
    double value;
  };
  const std::int64_t n = neighbours.rows();
  std::vector<std::vector<entry>> rows(static_cast<std::size_t>(n)), both(rows.size());
  parallel_for(n, threads, [&](std::int64_t i) {
    // The row itself is its own neighbour, unless rows that equal it came first.
    std::vector<std::int64_t> others;
    std::vector<double> squares, weights;
    for (std::int64_t j = 0; j < neighbours.cols(); ++j)
      if (neighbours(i, j) != i) others.push_back(j);
    if (static_cast<std::int64_t>(others.size()) == neighbours.cols()) others.pop_back();
    for (const std::int64_t j : others) squares.push_back(distances(i, j) * distances(i, j));
    calibrate(squares, perplexity, weights);
    for (std::size_t j = 0; j < others.size(); ++j)
      rows[static_cast<std::size_t>(i)].push_back(
          {static_cast<std::int32_t>(neighbours(i, others[j])), weights[j]});
  });
  for (std::int64_t i = 0; i < n; ++i)
    for (const entry& e : rows[static_cast<std::size_t>(i)]) {
      const double half = e.value / (2 * static_cast<double>(n));
      both[static_cast<std::size_t>(i)].push_back({e.column, half});
      both[static_cast<std::size_t>(e.column)].push_back({static_cast<std::int32_t>(i), half});
    }
  parallel_for(n, threads, [&](std::int64_t i) {
    auto& row = both[static_cast<std::size_t>(i)];
    std::stable_sort(row.begin(), row.end(),
                     [](const entry& a, const entry& b) { return a.column < b.column; });
    std::size_t kept = 0;
    for (std::size_t j = 0; j < row.size(); ++j)
      if (kept > 0 && row[kept - 1].column == row[j].column)
        row[kept - 1].value += row[j].value;
      else
        row[kept++] = row[j];
    row.resize(kept);
  });
  affinities out;
  out.starts.push_back(0);
  for (const auto& row : both) {
    for (const entry& e : row)
      if (e.value > 0) {
        out.columns.push_back(e.column);
        out.values.push_back(e.value);
      }
    out.starts.push_back(static_cast<std::int64_t>(out.columns.size()));
  }
  return out;
}

}  // namespace detail

AISLE_NAMESPACE_END
