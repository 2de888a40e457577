#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <aisle/base/config.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// The rows of a node that is to be split, and what a search for its split asks of them.
struct tree_node_rows {
  struct member {
    double weight;
    double weight_by_total;  ///< weight times the total of the row's class
    std::int32_t class_code;
  };

  std::span<const std::int32_t> rows;
  std::vector<member> members;        ///< one a row; a class's code counts the node's own classes from 0
  std::vector<std::int32_t> classes;  ///< what those codes mean
  std::vector<double> totals;         ///< weight of each of them
  double weight = 0, square_sum = 0;  ///< of the totals

  /// `weights`, `class_of`: of all rows; `classes` of all rows are below `class_count`.
  void load(std::span<const std::int32_t> node, std::span<const double> weights,
            std::span<const std::int32_t> class_of, std::size_t class_count) {
    rows = node;
    local_.resize(class_count, -1);
    members.resize(node.size());
    totals.clear();
    for (const auto c : classes) local_[static_cast<std::size_t>(c)] = -1;
    classes.clear();
    for (std::size_t i = 0; i < node.size(); ++i) {
      const auto r = static_cast<std::size_t>(node[i]);
      std::int32_t& code = local_[static_cast<std::size_t>(class_of[r])];
      if (code < 0) {
        code = static_cast<std::int32_t>(classes.size());
        classes.push_back(class_of[r]);
        totals.push_back(0.0);
      }
      totals[static_cast<std::size_t>(code)] += weights[r];
      members[i].weight = weights[r];
      members[i].class_code = code;
    }
    for (auto& m : members) m.weight_by_total = m.weight * totals[static_cast<std::size_t>(m.class_code)];
    weight = square_sum = 0;
    for (const double t : totals) {
      weight += t;
      square_sum += t * t;
    }
  }

  /// Both sides of a split are of one class each, but for rounding: no other is better.
  bool is_pure(double proxy) const noexcept { return proxy >= weight * (1 - 1e-14); }

 private:
  std::vector<std::int32_t> local_;
};

/// Sums over the rows left of a threshold: what the Gini impurity asks for.
template <class Real>
struct left_sums {
  Real weight = 0;
  Real squares = 0;  ///< of the classes' weights
  Real cross = 0;    ///< sum over classes of left weight times total

  /// Whether a threshold here leaves more than `least_right` on the right and makes purer sides than `best`,
  /// which becomes what it is then: the sum of squared class weights over the weight, left plus right.
  bool improves(Real all, Real square_sum, Real least_right, Real& best) const noexcept {
    const Real right = all - weight, right_squares = square_sum - 2 * cross + squares;
    // squares / weight + right_squares / right > best, without the two divisions
    const Real numerator = squares * right + right_squares * weight, denominator = weight * right;
    if (!(numerator > best * denominator && denominator > 0 && right > least_right)) return false;
    best = numerator / denominator;
    return true;
  }
};

/// The same as the threshold moves to the right, row by row.
struct left_side : left_sums<double> {
  std::size_t rows = 0;

  /// `left`: weight of each class on the left.
  void add(const tree_node_rows::member& m, double* left) noexcept {
    double& l = left[m.class_code];
    squares += m.weight * (2 * l + m.weight);
    cross += m.weight_by_total;
    l += m.weight;
    weight += m.weight;
    ++rows;
  }

  bool improves(const tree_node_rows& node, double& best) const noexcept {
    return left_sums::improves(node.weight, node.square_sum, 0, best);
  }
};

/// The threshold between two neighbouring values, low < high: low <= threshold < high. Halved before they are
/// added, as the sum of two large ones overflows.
template <class T>
double threshold_between(T low, T high) noexcept {
  const double a = static_cast<double>(low), b = static_cast<double>(high);
  const double middle = a / 2 + b / 2;
  return middle >= a && middle < b ? middle : a;
}

}  // namespace detail

AISLE_NAMESPACE_END
