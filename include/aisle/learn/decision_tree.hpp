#pragma once

#include <cmath>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <aisle/base/counted.hpp>
#include <aisle/learn/classifier.hpp>
#include <aisle/learn/detail/best_splitter.hpp>
#include <aisle/learn/detail/tree_grower.hpp>

AISLE_NAMESPACE_BEGIN

/// How many features a node of a tree looks at.
class features_per_split {
 public:
  static constexpr features_per_split all() noexcept { return {kind::all, 0}; }
  /// The square root of their number, rounded down, at least 1.
  static constexpr features_per_split sqrt() noexcept { return {kind::sqrt, 0}; }
  static constexpr features_per_split log2() noexcept { return {kind::log2, 0}; }
  static constexpr features_per_split count(std::int64_t n) noexcept {
    return {kind::count, static_cast<double>(n)};
  }
  /// A share of them in (0, 1], rounded down, at least 1.
  static constexpr features_per_split share(double s) noexcept { return {kind::share, s}; }

  /// Throws option_error for a count or share outside its range.
  std::int64_t of(std::int64_t features) const {
    const auto n = static_cast<double>(features);
    double wanted = n;
    switch (kind_) {
      case kind::all:
        break;
      case kind::sqrt:
        wanted = std::sqrt(n);
        break;
      case kind::log2:
        wanted = std::log2(n);
        break;
      case kind::count:
        wanted = value_;
        break;
      case kind::share:
        wanted = value_ > 0 && value_ <= 1 ? value_ * n : -1;
        break;
    }
    if (kind_ == kind::count && !(wanted >= 1 && wanted <= n)) wanted = -1;
    if (wanted < 0)
      throw option_error(
          "max_features: " + std::string(kind_ == kind::share ? "a share of " : "a count of ") +
          std::to_string(value_) + ", expected " +
          (kind_ == kind::share ? "a share in (0, 1]"
                                : "1 to the " + counted(features, "feature") + " there are"));
    return std::max<std::int64_t>(1, static_cast<std::int64_t>(wanted));
  }

 private:
  enum class kind { all, sqrt, log2, count, share };
  constexpr features_per_split(kind k, double v) noexcept : kind_(k), value_(v) {}
  kind kind_;
  double value_;
};

struct tree_options {
  std::int64_t max_depth = 0;  ///< 0: until the leaves are pure
  std::int64_t min_samples_split = 2;
  std::int64_t min_samples_leaf = 1;
  features_per_split max_features = features_per_split::all();
  tree_splits splits = tree_splits::exact;
  class_weights weights = {};
  std::uint64_t seed = 42;
  int threads = 0;  ///< 0: all the process may use
};

namespace detail {

inline growth_limits limits_of(std::int64_t max_depth, std::int64_t min_split, std::int64_t min_leaf,
                               const features_per_split& per_split, std::int64_t features) {
  if (max_depth < 0 || min_split < 2 || min_leaf < 1)
    throw option_error("max_depth " + std::to_string(max_depth) + ", min_samples_split " +
                       std::to_string(min_split) + ", min_samples_leaf " + std::to_string(min_leaf) +
                       ", expected at least 0 (no limit), 2 and 1");
  return {max_depth, min_split, min_leaf, per_split.of(features)};
}

/// Rows and features are counted in 32 bits.
inline void check_tree_size(std::int64_t rows, std::int64_t features) {
  constexpr std::int64_t most = 0x7FFFFFFF;
  if (rows > most || features > most) throw shape_error("a tree of more than 2^31 rows or features");
}

}  // namespace detail

/// A classification tree: CART, Gini impurity, thresholds halfway between neighbouring values, choosing as
/// scikit-learn's DecisionTreeClassifier does. Infinite features are allowed. Beside the features, growing
/// takes a byte a value.
template <class T = float>
class decision_tree final : public classifier<T> {
 public:
  explicit decision_tree(tree_options options = {}) : options_(std::move(options)) {}

  std::string_view kind() const noexcept override { return "decision_tree"; }
  std::unique_ptr<classifier<T>> unfitted() const override {
    return std::make_unique<decision_tree>(options_);
  }
  const tree_options& options() const& noexcept { return options_; }
  tree_options options() const&& { return options(); }

  /// Nodes in depth-first order.
  std::span<const tree_node> nodes() const& noexcept { return tree_.nodes; }
  std::span<const tree_node> nodes() const&& = delete;
  std::int64_t depth() const noexcept { return tree_.depth; }
  std::int64_t leaves() const noexcept { return tree_.leaves(); }
  /// A feature's share of all decreases in impurity; the shares sum to 1 (a tree that is one leaf: all 0).
  const std::vector<double>& importances() const& noexcept { return importances_; }
  std::vector<double> importances() const&& { return importances(); }

 protected:
  using training_data = typename classifier<T>::training_data;

  const class_weights& weights() const noexcept override { return options_.weights; }
  int threads() const noexcept override { return options_.threads; }
  bool allows_infinity() const noexcept override { return true; }

  void fit_rows(const training_data& data) override {
    const auto limits = detail::limits_of(options_.max_depth, options_.min_samples_split,
                                          options_.min_samples_leaf, options_.max_features, data.x.cols());
    const auto row_weights = data.row_weights();
    detail::check_tree_size(data.x.rows(), data.x.cols());
    const detail::binned_features<T> table(data.x, options_.threads);
    detail::tree_grower grower(
        detail::best_splitter<T>(data.x, table, options_.min_samples_leaf, options_.splits), data.codes,
        data.classes, data.x.cols(), limits);
    std::vector<detail::feature_share> shares;
    tree_ = grower.grow(row_weights, stream_seed(options_.seed, 0), shares);
    importances_.assign(static_cast<std::size_t>(data.x.cols()), 0.0);
    for (const auto& s : shares) importances_[static_cast<std::size_t>(s.feature)] = s.share;
  }

  void probabilities(matrix_view<const T> x, matrix_view<T> out) const override {
    std::vector<double> p(static_cast<std::size_t>(out.cols()));
    for (std::int64_t r = 0; r < x.rows(); ++r) {
      std::fill(p.begin(), p.end(), 0.0);
      tree_.add_distribution(tree_.leaf_of(x.row(r).data()), p.data());
      std::transform(p.begin(), p.end(), out.row(r).begin(), [](double v) { return static_cast<T>(v); });
    }
  }

  void write(detail::model_writer& out) const override {
    detail::write_trees(out, {tree_}, this->classes_with_rows());
    out.add<double>("importances", importances_);
  }
  void read(const detail::model_reader& in) override {
    auto trees = detail::read_trees(in, this->classes_with_rows(), this->features());
    if (trees.size() != 1) in.fail(std::to_string(trees.size()) + " trees in a decision_tree");
    tree_ = std::move(trees.front());
    importances_ = in.template list<double>("importances");
    if (static_cast<std::int64_t>(importances_.size()) != this->features())
      in.fail("importances of other features");
  }

 private:
  tree_options options_;
  detail::tree_model tree_;
  std::vector<double> importances_;
};

// Without a template argument features are floats.
decision_tree()->decision_tree<float>;
decision_tree(tree_options)->decision_tree<float>;

AISLE_EXTERN_TEMPLATE(class decision_tree<float>)
AISLE_EXTERN_TEMPLATE(class decision_tree<double>)

AISLE_NAMESPACE_END
