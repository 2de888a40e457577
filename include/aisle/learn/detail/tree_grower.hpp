#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include <aisle/base/process.hpp>
#include <aisle/base/random.hpp>
#include <aisle/learn/detail/tree_model.hpp>
#include <aisle/learn/detail/tree_node_rows.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

struct growth_limits {
  std::int64_t max_depth = 0;  ///< 0: none
  std::int64_t min_samples_split = 2;
  std::int64_t min_samples_leaf = 1;
  std::int64_t features_per_split = 1;
};

/// A feature's part of a tree's decreases in impurity.
struct feature_share {
  std::int32_t feature;
  double share;
};

/// Grows one tree at a time by CART with the Gini impurity (Breiman et al. 1984), choosing as scikit-learn
/// does: features of a node are drawn without replacement until enough were looked at and one of them was not
/// constant, the first of equally good splits stays. `Splitter` looks at a feature of a node.
/// Scratch memory is kept from tree to tree; one grower belongs to one thread.
template <class Splitter>
class tree_grower {
 public:
  tree_grower(Splitter splitter, std::span<const std::int32_t> class_of, std::int64_t classes,
              std::int64_t features, const growth_limits& limits)
      : splitter_(std::move(splitter)),
        class_of_(class_of),
        classes_(static_cast<std::size_t>(classes)),
        limits_(limits),
        features_(static_cast<std::size_t>(features)),
        decrease_(static_cast<std::size_t>(features)) {}

  /// `weights`: one a row; rows of weight 0 are not used. `importances` become the shares of the features
  /// that the tree splits by; they sum to 1.
  tree_model grow(std::span<const double> weights, std::uint64_t seed,
                  std::vector<feature_share>& importances) {
    tree_model tree;
    tree.classes = static_cast<std::int64_t>(classes_);
    random_generator random(seed);
    std::iota(features_.begin(), features_.end(), 0);
    rows_.clear();
    for (std::size_t r = 0; r < weights.size(); ++r)
      if (weights[r] > 0) rows_.push_back(static_cast<std::int32_t>(r));
    std::fill(decrease_.begin(), decrease_.end(), 0.0);
    std::vector<pending> stack{{0, rows_.size(), 0, no_parent}};
    while (!stack.empty()) {
      throw_if_interrupted();
      const pending node = stack.back();
      stack.pop_back();
      const auto index = static_cast<std::int32_t>(tree.nodes.size());
      if (node.parent != no_parent) tree.nodes[static_cast<std::size_t>(node.parent)].next = index;
      tree.depth = std::max(tree.depth, node.depth);
      node_.load(std::span(rows_).subspan(node.begin, node.end - node.begin), weights, class_of_, classes_);
      typename Splitter::split best;
      if (may_split(node)) best = find_split(random);
      if (best.feature < 0) {
        tree.nodes.push_back(make_leaf(tree));
        continue;
      }
      decrease_[static_cast<std::size_t>(best.feature)] += best.proxy - node_.square_sum / node_.weight;
      const auto cut = splitter_.cut_at(best);
      tree.nodes.push_back({cut.threshold, best.feature, 0});
      const std::size_t middle = partition(node, cut);
      stack.push_back({middle, node.end, node.depth + 1, index});
      stack.push_back({node.begin, middle, node.depth + 1, no_parent});
    }
    importances.clear();
    const double all = std::accumulate(decrease_.begin(), decrease_.end(), 0.0);
    for (std::size_t f = 0; f < decrease_.size(); ++f)
      if (all > 0 && decrease_[f] != 0)
        importances.push_back({static_cast<std::int32_t>(f), decrease_[f] / all});
    return tree;
  }

 private:
  static constexpr std::int32_t no_parent = -1;

  struct pending {
    std::size_t begin, end;
    std::int64_t depth;
    std::int32_t parent;  // whose right child this is
  };

  bool may_split(const pending& node) const {
    const auto rows = static_cast<std::int64_t>(node_.rows.size());
    return node_.classes.size() > 1 && rows >= limits_.min_samples_split &&
           rows >= 2 * limits_.min_samples_leaf && (limits_.max_depth == 0 || node.depth < limits_.max_depth);
  }

  tree_node make_leaf(tree_model& tree) const {
    if (node_.classes.size() == 1) return {0, tree_node::pure_leaf, node_.classes.front()};
    const auto row = static_cast<std::int32_t>(tree.distributions.size() / classes_);
    tree.distributions.resize(tree.distributions.size() + classes_, 0.0);
    double* out = tree.distributions.data() + static_cast<std::size_t>(row) * classes_;
    for (std::size_t c = 0; c < node_.classes.size(); ++c)
      out[node_.classes[c]] = node_.totals[c] / node_.weight;
    return {0, tree_node::mixed_leaf, row};
  }

  typename Splitter::split find_split(random_generator& random) {
    splitter_.begin(node_);
    typename Splitter::split best;
    do best = look_at_features(random);
    while (best.feature < 0 && splitter_.refine());
    return best;
  }

  typename Splitter::split look_at_features(random_generator& random) {
    typename Splitter::split best;
    // The drawn features gather at the end; the permutation carries on from node to node.
    std::size_t undrawn = features_.size();
    const auto draw = [&] {
      std::swap(features_[static_cast<std::size_t>(random.below(undrawn))], features_[undrawn - 1]);
      --undrawn;
    };
    for (std::int64_t i = 0; i < limits_.features_per_split; ++i) draw();
    const std::span<const std::int32_t> features(features_);
    bool varied = splitter_.look(features.subspan(undrawn), random, best);
    while (!varied && undrawn > 0) {
      draw();
      varied = splitter_.look(features.subspan(undrawn, 1), random, best);
    }
    splitter_.settle(best);
    return best;
  }

  /// Rows of the left side first; the order within a side stays. Returns where the right side begins.
  template <class Cut>
  std::size_t partition(const pending& node, const Cut& cut) {
    std::size_t left = node.begin;
    right_rows_.clear();
    for (std::size_t i = node.begin; i < node.end; ++i) {
      const std::int32_t r = rows_[i];
      if (cut.left(r))
        rows_[left++] = r;
      else
        right_rows_.push_back(r);
    }
    std::copy(right_rows_.begin(), right_rows_.end(), rows_.begin() + static_cast<std::ptrdiff_t>(left));
    return left;
  }

  Splitter splitter_;
  std::span<const std::int32_t> class_of_;
  std::size_t classes_;
  growth_limits limits_;

  std::vector<std::int32_t> rows_, right_rows_;  // rows of a node are neighbours in rows_
  std::vector<std::int32_t> features_;
  std::vector<double> decrease_;
  tree_node_rows node_;
};

}  // namespace detail

AISLE_NAMESPACE_END
