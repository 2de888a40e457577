#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include <aisle/base/parallel.hpp>
#include <aisle/base/process.hpp>
#include <aisle/base/random.hpp>
#include <aisle/learn/detail/tree_node_rows.hpp>
#include <aisle/tensor/matrix.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// The features by the rows: one feature's values are neighbours.
template <class T>
matrix<T> columns_of(matrix_view<const T> x, int threads) {
  matrix<T> out(x.cols(), x.rows());
  constexpr std::int64_t block = 64 / sizeof(T);  // columns that share a cache line
  parallel_for((x.cols() + block - 1) / block, threads, [&](std::int64_t b) {
    throw_if_interrupted();
    const std::int64_t first = b * block, last = std::min(first + block, x.cols());
    for (std::int64_t r = 0; r < x.rows(); ++r)
      for (std::int64_t c = first; c < last; ++c) out(c, r) = x(r, c);
  });
  return out;
}

/// Looks at one threshold of a feature, drawn evenly between the least and the greatest value of the node.
template <class T>
class drawn_splitter {
 public:
  struct split {
    double proxy = -1;
    std::int32_t feature = -1;
    double threshold = 0;
  };

  drawn_splitter(const matrix<T>& columns, std::int64_t min_samples_leaf)
      : columns_(columns), fewest_(static_cast<std::size_t>(min_samples_leaf)) {}

  void begin(const tree_node_rows& node) {
    node_ = &node;
    left_.resize(node.totals.size());
    values_.resize(node.rows.size());
  }
  bool refine() const noexcept { return false; }
  void settle(split&) const noexcept {}

  /// Looks at features, the last one first. False: they are constant in this node.
  bool look(std::span<const std::int32_t> features, random_generator& random, split& best) {
    bool varied = false;
    for (std::size_t at = features.size(); at > 0; --at) {
      throw_if_interrupted();
      varied |= look(features[at - 1], random, best);
      if (node_->is_pure(best.proxy)) break;
    }
    return varied;
  }

  struct cut {
    double threshold;
    const T* column;

    bool left(std::int32_t row) const noexcept { return static_cast<double>(column[row]) <= threshold; }
  };

  cut cut_at(const split& s) const { return {s.threshold, columns_.row(s.feature).data()}; }

 private:
  bool look(std::int32_t feature, random_generator& random, split& best) {
    const T* column = columns_.row(feature).data();
    T low = column[node_->rows[0]], high = low;
    for (std::size_t i = 0; i < values_.size(); ++i) {
      const T v = values_[i] = column[node_->rows[i]];
      low = std::min(low, v);
      high = std::max(high, v);
    }
    if (!(low < high)) return false;
    const double threshold = draw(low, high, random);
    std::fill(left_.begin(), left_.end(), 0.0);
    left_side side;
    for (std::size_t i = 0; i < values_.size(); ++i)
      if (static_cast<double>(values_[i]) <= threshold) side.add(node_->members[i], left_.data());
    if (side.rows < fewest_ || values_.size() - side.rows < fewest_) return true;
    if (side.improves(*node_, best.proxy)) {
      best.feature = feature;
      best.threshold = threshold;
    }
    return true;
  }

  /// low <= threshold < high. An infinity counts as the largest finite number of its sign.
  static double draw(T low, T high, random_generator& random) {
    constexpr T most = std::numeric_limits<T>::max();
    const auto a = static_cast<double>(std::max(low, -most)), b = static_cast<double>(std::min(high, most));
    const double share = random.uniform();
    const double drawn = a * (1 - share) + b * share;  // b - a may overflow
    return drawn >= a && drawn < static_cast<double>(high) ? drawn : static_cast<double>(low);
  }

  const matrix<T>& columns_;
  std::size_t fewest_;
  const tree_node_rows* node_ = nullptr;
  std::vector<T> values_;
  std::vector<double> left_;
};

}  // namespace detail

AISLE_NAMESPACE_END
