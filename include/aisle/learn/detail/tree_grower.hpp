#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <aisle/base/process.hpp>
#include <aisle/base/random.hpp>
#include <aisle/learn/detail/feature_table.hpp>
#include <aisle/learn/detail/tree_model.hpp>
#include <aisle/tensor/matrix.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// How a feature's threshold in a node is chosen.
enum class tree_splitter {
  best,   ///< of all the one that makes the purest sides
  random  ///< one drawn evenly between the least and the greatest value
};

struct growth_limits {
  std::int64_t max_depth = 0;  ///< 0: none
  std::int64_t min_samples_split = 2;
  std::int64_t min_samples_leaf = 1;
  std::int64_t features_per_split = 1;
  tree_splitter splitter = tree_splitter::best;
};

/// Grows one tree at a time by CART with the Gini impurity (Breiman et al. 1984), choosing as scikit-learn
/// does: features of a node are drawn without replacement until enough were looked at and one of them was not
/// constant, a threshold is the middle of two neighbouring values or drawn (then the table's values are
/// ranked), the first of equally good splits stays.
/// Scratch memory is kept from tree to tree; one grower belongs to one thread.
template <class T, class Code>
class tree_grower {
 public:
  tree_grower(matrix_view<const T> x, const feature_table<T, Code>& table,
              std::span<const std::int32_t> codes, std::int64_t classes, const growth_limits& limits)
      : x_(x),
        table_(table),
        class_of_(codes),
        classes_(static_cast<std::size_t>(classes)),
        limits_(limits),
        position_(codes.size()),
        features_(static_cast<std::size_t>(x.cols())),
        totals_(classes_),
        left_(classes_) {}

  /// `weights`: one a row; rows of weight 0 are not used. Adds to `importances` [features] each feature's
  /// share of the decrease in impurity, so that all shares of the tree sum to 1.
  tree_model grow(std::span<const double> weights, std::uint64_t seed, std::span<double> importances) {
    tree_model tree;
    tree.classes = static_cast<std::int64_t>(classes_);
    random_generator random(seed);
    std::iota(features_.begin(), features_.end(), 0);
    rows_.clear();
    for (std::size_t r = 0; r < weights.size(); ++r) {
      position_[r] = outside;
      if (weights[r] <= 0) continue;
      position_[r] = static_cast<std::uint32_t>(rows_.size());
      rows_.push_back(static_cast<std::int32_t>(r));
    }
    decrease_.assign(features_.size(), 0.0);
    std::vector<pending> stack{{0, rows_.size(), 0, no_parent}};
    while (!stack.empty()) {
      throw_if_interrupted();
      const pending node = stack.back();
      stack.pop_back();
      const auto index = static_cast<std::int32_t>(tree.nodes.size());
      if (node.parent != no_parent) tree.nodes[static_cast<std::size_t>(node.parent)].next = index;
      tree.depth = std::max(tree.depth, node.depth);
      load(node, weights);
      split best;
      if (may_split(node)) best = find_split(random);
      if (best.feature < 0) {
        tree.nodes.push_back(make_leaf(tree));
        continue;
      }
      decrease_[static_cast<std::size_t>(best.feature)] += best.proxy - square_sum_ / weight_;
      const bool drawn = limits_.splitter == tree_splitter::random;
      tree.nodes.push_back({drawn ? best.threshold : threshold_of(best), best.feature, 0});
      const std::size_t middle = partition(node, best);
      stack.push_back({middle, node.end, node.depth + 1, index});
      stack.push_back({node.begin, middle, node.depth + 1, no_parent});
    }
    const double all = std::accumulate(decrease_.begin(), decrease_.end(), 0.0);
    if (all > 0)
      for (std::size_t f = 0; f < decrease_.size(); ++f) importances[f] += decrease_[f] / all;
    return tree;
  }

 private:
  // A key holds a value's code above the row's place in the node, so that sorting keys sorts rows by value.
  using key_type = std::conditional_t<sizeof(Code) == 2, std::uint32_t, std::uint64_t>;
  static constexpr int place_bits = sizeof(Code) == 2 ? 16 : 32;
  static constexpr key_type place_mask = (key_type{1} << place_bits) - 1;
  static constexpr std::uint32_t outside = ~std::uint32_t{0};
  static constexpr std::int32_t no_parent = -1;

  struct pending {
    std::size_t begin, end;
    std::int64_t depth;
    std::int32_t parent;  // whose right child this is
  };
  struct member {
    double weight;
    std::int32_t class_code;
  };
  struct split {
    double proxy = -1;  // sum of squared class weights over the weight, left plus right: the larger the purer
    std::int32_t feature = -1;
    Code code = 0;                    // the highest on the left
    std::uint32_t low = 0, high = 0;  // places of the rows on either side of the threshold
    double threshold = 0;             // where it was drawn
  };

  void load(const pending& node, std::span<const double> weights) {
    members_.resize(node.end - node.begin);
    std::fill(totals_.begin(), totals_.end(), 0.0);
    begin_ = node.begin;
    for (std::size_t i = 0; i < members_.size(); ++i) {
      const auto r = static_cast<std::size_t>(rows_[node.begin + i]);
      members_[i] = {weights[r], class_of_[r]};
      totals_[static_cast<std::size_t>(class_of_[r])] += weights[r];
    }
    weight_ = square_sum_ = 0;
    present_ = 0;
    for (const double t : totals_) {
      weight_ += t;
      square_sum_ += t * t;
      present_ += t > 0;
    }
  }

  bool may_split(const pending& node) const {
    const auto rows = static_cast<std::int64_t>(members_.size());
    return present_ > 1 && rows >= limits_.min_samples_split && rows >= 2 * limits_.min_samples_leaf &&
           (limits_.max_depth == 0 || node.depth < limits_.max_depth);
  }

  tree_node make_leaf(tree_model& tree) const {
    if (present_ <= 1) {
      const auto best = std::max_element(totals_.begin(), totals_.end()) - totals_.begin();
      return {0, tree_node::pure_leaf, static_cast<std::int32_t>(best)};
    }
    const auto row = static_cast<std::int32_t>(tree.distributions.size() / classes_);
    for (const double t : totals_) tree.distributions.push_back(t / weight_);
    return {0, tree_node::mixed_leaf, row};
  }

  split find_split(random_generator& random) {
    split best;
    keys_.resize(members_.size());
    std::int64_t looked_at = 0;
    bool varied = false;
    for (std::size_t left = features_.size(); left > 0 && (looked_at < limits_.features_per_split || !varied);
         --left) {
      throw_if_interrupted();
      // The drawn features gather at the end; the permutation carries on from node to node.
      const auto drawn = static_cast<std::size_t>(random.below(left));
      std::swap(features_[drawn], features_[left - 1]);
      const std::int32_t feature = features_[left - 1];
      ++looked_at;
      if (limits_.splitter == tree_splitter::random) {
        varied |= try_drawn(feature, random, best);
        continue;
      }
      if (!sort_rows(feature)) continue;
      varied = true;
      scan(feature, best);
    }
    return best;
  }

  /// Fills keys_ in rising order; false when the feature is constant in this node.
  bool sort_rows(std::int32_t feature) {
    const Code* codes = table_.codes(feature);
    const std::size_t count = members_.size();
    const Code* order = table_.order(feature);
    // Walking the whole order costs about a nanosecond a row, sorting about log2 of the node's size each:
    // measured, the walk pays from a sixteenth of all rows.
    if (order && count * 16 > static_cast<std::size_t>(table_.rows())) {
      const auto begin = static_cast<std::uint32_t>(begin_);
      std::size_t found = 0;
      for (std::int64_t i = 0; found < count; ++i) {
        const Code r = order[i];
        const std::uint32_t place = position_[r] - begin;
        keys_[found] = static_cast<key_type>(static_cast<key_type>(codes[r]) << place_bits) | place;
        found += place < count;
      }
    } else {
      const std::int32_t* rows = rows_.data() + begin_;
      Code low = codes[rows[0]], high = low;
      for (std::size_t i = 0; i < count; ++i) {
        const Code c = codes[rows[i]];
        low = std::min(low, c);
        high = std::max(high, c);
        keys_[i] = static_cast<key_type>(static_cast<key_type>(c) << place_bits) | static_cast<key_type>(i);
      }
      if (low == high) return false;
      sort_keys();
    }
    return (keys_.front() >> place_bits) != (keys_.back() >> place_bits);
  }

  void sort_keys() {
    const std::size_t count = keys_.size();
    if (count <= 20) {
      for (std::size_t i = 1; i < count; ++i) {
        const key_type key = keys_[i];
        std::size_t j = i;
        for (; j > 0 && keys_[j - 1] > key; --j) keys_[j] = keys_[j - 1];
        keys_[j] = key;
      }
      return;
    }
    if (count < 96) {
      std::sort(keys_.begin(), keys_.end());
      return;
    }
    // Radix sort by code alone: places are rising already.
    const int passes = (table_.bits() + 7) / 8, digit = (table_.bits() + passes - 1) / passes;
    const key_type mask = (key_type{1} << digit) - 1;
    spare_.resize(count);
    for (int p = 0; p < passes; ++p) {
      const int shift = place_bits + p * digit;
      std::uint32_t counts[256] = {};
      for (const key_type k : keys_) ++counts[(k >> shift) & mask];
      std::uint32_t sum = 0;
      for (auto& c : counts) sum += std::exchange(c, sum);
      for (const key_type k : keys_) spare_[counts[(k >> shift) & mask]++] = k;
      keys_.swap(spare_);
    }
  }

  /// Looks at every threshold of a feature whose rows are sorted.
  void scan(std::int32_t feature, split& best) {
    std::fill(left_.begin(), left_.end(), 0.0);
    const std::size_t count = keys_.size(), fewest = static_cast<std::size_t>(limits_.min_samples_leaf);
    double left_weight = 0, left_squares = 0, right_squares = square_sum_;
    for (std::size_t i = 0; i + 1 < count; ++i) {
      const member& m = members_[keys_[i] & place_mask];
      double& l = left_[static_cast<std::size_t>(m.class_code)];
      const double r = totals_[static_cast<std::size_t>(m.class_code)] - l;
      left_squares += m.weight * (2 * l + m.weight);
      right_squares += m.weight * (m.weight - 2 * r);
      l += m.weight;
      left_weight += m.weight;
      if ((keys_[i] >> place_bits) == (keys_[i + 1] >> place_bits)) continue;
      if (i + 1 < fewest || count - i - 1 < fewest) continue;
      const double right_weight = weight_ - left_weight;
      // left_squares / left_weight + right_squares / right_weight > best, without the two divisions
      const double numerator = left_squares * right_weight + right_squares * left_weight;
      const double denominator = left_weight * right_weight;
      if (numerator > best.proxy * denominator && denominator > 0)
        best = {numerator / denominator, feature, static_cast<Code>(keys_[i] >> place_bits),
                static_cast<std::uint32_t>(keys_[i] & place_mask),
                static_cast<std::uint32_t>(keys_[i + 1] & place_mask)};
    }
  }

  /// Looks at one threshold of a feature, drawn; false when the feature is constant in this node.
  bool try_drawn(std::int32_t feature, random_generator& random, split& best) {
    const Code* codes = table_.codes(feature);
    const std::int32_t* rows = rows_.data() + begin_;
    const std::size_t count = members_.size();
    std::size_t low = 0, high = 0;
    for (std::size_t i = 1; i < count; ++i) {
      if (codes[rows[i]] < codes[rows[low]]) low = i;
      if (codes[rows[i]] > codes[rows[high]]) high = i;
    }
    if (codes[rows[low]] == codes[rows[high]]) return false;
    const double threshold = draw_threshold(x_(rows[low], feature), x_(rows[high], feature), random);
    const Code cut = last_code_below(feature, threshold);

    std::fill(left_.begin(), left_.end(), 0.0);
    std::size_t left_count = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (codes[rows[i]] > cut) continue;
      left_[static_cast<std::size_t>(members_[i].class_code)] += members_[i].weight;
      ++left_count;
    }
    const auto fewest = static_cast<std::size_t>(limits_.min_samples_leaf);
    if (left_count < fewest || count - left_count < fewest) return true;
    double left_weight = 0, left_squares = 0, right_squares = 0;
    for (std::size_t c = 0; c < classes_; ++c) {
      const double right = totals_[c] - left_[c];
      left_weight += left_[c];
      left_squares += left_[c] * left_[c];
      right_squares += right * right;
    }
    const double right_weight = weight_ - left_weight;
    const double numerator = left_squares * right_weight + right_squares * left_weight;
    const double denominator = left_weight * right_weight;
    if (denominator > 0 && numerator > best.proxy * denominator)
      best = {numerator / denominator, feature, cut, 0, 0, threshold};
    return true;
  }

  /// low <= threshold < high. An infinity counts as the largest finite number of its sign.
  static double draw_threshold(T low, T high, random_generator& random) {
    constexpr T most = std::numeric_limits<T>::max();
    const auto a = static_cast<double>(std::max(low, -most)), b = static_cast<double>(std::min(high, most));
    const double share = random.uniform();
    const double drawn = a * (1 - share) + b * share;  // b - a may overflow
    return drawn >= a && drawn < static_cast<double>(high) ? drawn : static_cast<double>(low);
  }

  /// The highest code among values not above a threshold that is not below all of the node's.
  Code last_code_below(std::int32_t feature, double threshold) const {
    const auto below = [&](std::int64_t row) { return static_cast<double>(x_(row, feature)) <= threshold; };
    const Code *codes = table_.codes(feature), *order = table_.order(feature);
    const std::int32_t* rows = rows_.data() + begin_;
    Code out = 0;
    if (members_.size() < 32) {  // fewer looks at the features than a search takes
      for (std::size_t i = 0; i < members_.size(); ++i)
        if (codes[rows[i]] > out && below(rows[i])) out = codes[rows[i]];
      return out;
    }
    const Code* end = std::partition_point(order, order + table_.rows(),
                                           [&](Code row) { return below(static_cast<std::int64_t>(row)); });
    return codes[end[-1]];
  }

  double threshold_of(const split& s) const {
    if (!table_.order(s.feature)) return table_.edge(s.feature, s.code);
    return feature_table<T, Code>::midpoint(x_(rows_[begin_ + s.low], s.feature),
                                            x_(rows_[begin_ + s.high], s.feature));
  }

  /// Rows of the left side first; the order within a side stays. Returns where the right side begins.
  std::size_t partition(const pending& node, const split& s) {
    const Code* codes = table_.codes(s.feature);
    std::size_t left = node.begin;
    right_rows_.clear();
    for (std::size_t i = node.begin; i < node.end; ++i) {
      const std::int32_t r = rows_[i];
      if (codes[r] <= s.code)
        rows_[left++] = r;
      else
        right_rows_.push_back(r);
    }
    std::copy(right_rows_.begin(), right_rows_.end(), rows_.begin() + static_cast<std::ptrdiff_t>(left));
    for (std::size_t i = node.begin; i < node.end; ++i)
      position_[static_cast<std::size_t>(rows_[i])] = static_cast<std::uint32_t>(i);
    return left;
  }

  matrix_view<const T> x_;
  const feature_table<T, Code>& table_;
  std::span<const std::int32_t> class_of_;
  std::size_t classes_;
  growth_limits limits_;

  std::vector<std::int32_t> rows_, right_rows_;  // rows of a node are neighbours in rows_
  std::vector<std::uint32_t> position_;          // where a row stands in rows_
  std::vector<std::int32_t> features_;
  std::vector<double> decrease_;

  // Of the node in hand:
  std::size_t begin_ = 0;
  std::vector<member> members_;
  std::vector<double> totals_, left_;
  double weight_ = 0, square_sum_ = 0;
  int present_ = 0;
  std::vector<key_type> keys_, spare_;
};

}  // namespace detail

AISLE_NAMESPACE_END
