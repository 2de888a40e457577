#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <aisle/base/parallel.hpp>
#include <aisle/base/process.hpp>
#include <aisle/base/progress.hpp>
#include <aisle/base/random.hpp>
#include <aisle/learn/classifier.hpp>
#include <aisle/learn/decision_tree.hpp>
#include <aisle/learn/detail/best_splitter.hpp>
#include <aisle/learn/detail/drawn_splitter.hpp>
#include <aisle/learn/detail/tree_grower.hpp>

AISLE_NAMESPACE_BEGIN

struct forest_options {
  std::int64_t trees = 100;
  std::int64_t max_depth = 0;  ///< 0: until the leaves are pure
  std::int64_t min_samples_split = 2;
  std::int64_t min_samples_leaf = 1;
  features_per_split max_features = features_per_split::sqrt();
  /// Each tree learns from as many rows as there are, drawn with replacement; false: from every row.
  bool bootstrap = true;
  /// Score the rows by the trees that did not see them: oob_score(). Asks for bootstrap.
  bool out_of_bag = false;
  tree_splits splits = tree_splits::automatic;
  class_weights weights = {};
  std::uint64_t seed = 42;
  int threads = 0;                  ///< 0: all the process may use
  progress_callback progress = {};  ///< after every tree
};

namespace detail {

/// How a forest's trees choose the threshold of a feature.
enum class tree_thresholds {
  best,  ///< of all the one that makes the purest sides
  drawn  ///< one, evenly between the least and the greatest value
};

/// What random_forest and extra_trees are: trees of which each has one vote, a leaf's distribution.
template <class T>
class forest : public classifier<T> {
 public:
  std::int64_t trees() const noexcept { return static_cast<std::int64_t>(trees_.size()); }
  /// Nodes of one tree in depth-first order. Throws shape_error for a tree that does not exist.
  std::span<const tree_node> nodes(std::int64_t tree) const&& = delete;
  std::span<const tree_node> nodes(std::int64_t tree) const& {
    if (tree < 0 || tree >= trees())
      throw shape_error("tree " + std::to_string(tree) + " of a forest of " + std::to_string(trees()));
    return trees_[static_cast<std::size_t>(tree)].nodes;
  }
  /// Mean over the trees of each feature's share of the decrease in impurity; the shares sum to 1.
  const std::vector<double>& importances() const& noexcept { return importances_; }
  std::vector<double> importances() const&& { return importances(); }
  /// Accuracy of the rows' out-of-bag predictions (rows that every tree saw are left out). Throws
  /// not_fitted_error unless the forest was fitted with out_of_bag.
  double oob_score() const {
    if (!oob_score_)
      throw not_fitted_error("the forest was not fitted with out_of_bag: it has no such score");
    return *oob_score_;
  }

 protected:
  forest(forest_options options, tree_thresholds thresholds)
      : options_(std::move(options)), thresholds_(thresholds) {}

  const forest_options& settings() const noexcept { return options_; }

  using training_data = typename classifier<T>::training_data;

  const class_weights& weights() const noexcept override { return options_.weights; }
  int threads() const noexcept override { return options_.threads; }
  bool allows_infinity() const noexcept override { return true; }

  void fit_rows(const training_data& data) override {
    if (options_.trees < 1)
      throw option_error(std::string(this->kind()) + ": trees is " + std::to_string(options_.trees) +
                         ", expected at least 1");
    if (options_.out_of_bag && !options_.bootstrap)
      throw option_error(std::string(this->kind()) + ": out_of_bag asks for bootstrap, which is off");
    const auto limits = limits_of(options_.max_depth, options_.min_samples_split, options_.min_samples_leaf,
                                  options_.max_features, data.x.cols());
    check_tree_size(data.x.rows(), data.x.cols());
    std::vector<std::vector<feature_share>> shares(static_cast<std::size_t>(options_.trees));
    if (thresholds_ == tree_thresholds::drawn) {
      const matrix<T> columns = columns_of(data.x, options_.threads);
      grow(data, limits, shares, [&] { return drawn_splitter<T>(columns, options_.min_samples_leaf); });
    } else {
      const binned_features<T> table(data.x, options_.threads);
      grow(data, limits, shares,
           [&] { return best_splitter<T>(data.x, table, options_.min_samples_leaf, options_.splits); });
    }

    importances_.assign(static_cast<std::size_t>(data.x.cols()), 0.0);
    double all = 0;
    for (const auto& tree : shares)
      for (const auto& s : tree) {
        importances_[static_cast<std::size_t>(s.feature)] += s.share;
        all += s.share;
      }
    if (all > 0)
      for (double& v : importances_) v /= all;
    oob_score_.reset();
    if (options_.out_of_bag) score_out_of_bag(data);
  }

  void probabilities(matrix_view<const T> x, matrix_view<T> out) const override {
    // Rows that go through a tree while it is in cache.
    const std::int64_t block =
        std::clamp<std::int64_t>(x.rows() / (8 * thread_budget(options_.threads)), 16, 1024);
    const auto share = 1.0 / static_cast<double>(trees_.size());
    parallel_for((x.rows() + block - 1) / block, options_.threads, [&](std::int64_t b) {
      const std::int64_t first = b * block, count = std::min(block, x.rows() - first);
      throw_if_interrupted();
      matrix<double> sums(count, out.cols());
      for (const auto& tree : trees_)
        for (std::int64_t r = 0; r < count; ++r)
          tree.add_distribution(tree.leaf_of(x.row(first + r).data()), sums.row(r).data());
      for (std::int64_t r = 0; r < count; ++r)
        for (std::int64_t c = 0; c < out.cols(); ++c) out(first + r, c) = static_cast<T>(sums(r, c) * share);
    });
  }

  void write(model_writer& out) const override {
    write_trees(out, trees_, this->classes_with_rows());
    out.add<double>("importances", importances_);
    if (oob_score_) out.number("oob_score", *oob_score_);
  }
  void read(const model_reader& in) override {
    trees_ = read_trees(in, this->classes_with_rows(), this->features());
    options_.trees = static_cast<std::int64_t>(trees_.size());
    importances_ = in.template list<double>("importances");
    if (static_cast<std::int64_t>(importances_.size()) != this->features())
      in.fail("importances of other features");
    if (in.has_text("oob_score")) oob_score_ = in.number("oob_score");
  }

 private:
  /// How often each row is in the sample of a tree; `random` continues into the growth of the tree.
  static std::vector<double> draw(std::size_t rows, random_generator& random) {
    std::vector<double> times(rows, 0.0);
    for (std::size_t i = 0; i < rows; ++i) times[static_cast<std::size_t>(random.below(rows))] += 1;
    return times;
  }

  template <class MakeSplitter>
  void grow(const training_data& data, const growth_limits& limits,
            std::vector<std::vector<feature_share>>& shares, const MakeSplitter& make_splitter) {
    using grower_type = tree_grower<decltype(make_splitter())>;
    const auto row_weights = data.row_weights();
    trees_.assign(static_cast<std::size_t>(options_.trees), {});
    std::vector<std::unique_ptr<grower_type>> growers(
        static_cast<std::size_t>(thread_budget(options_.threads)));
    shared_progress progress(options_.progress,
                             {.phase = this->kind(), .total = options_.trees, .unit = "trees"});
    parallel_for(options_.trees, options_.threads, [&](std::int64_t t, int worker) {
      auto& grower = growers[static_cast<std::size_t>(worker)];
      if (!grower)
        grower =
            std::make_unique<grower_type>(make_splitter(), data.codes, data.classes, data.x.cols(), limits);
      const auto index = static_cast<std::size_t>(t);
      const std::uint64_t seed = stream_seed(options_.seed, static_cast<std::uint64_t>(t));
      if (options_.bootstrap) {
        random_generator random(seed);
        auto weights = draw(row_weights.size(), random);
        for (std::size_t r = 0; r < weights.size(); ++r) weights[r] *= row_weights[r];
        trees_[index] = grower->grow(weights, random(), shares[index]);
      } else {
        trees_[index] = grower->grow(row_weights, seed, shares[index]);
      }
      progress.add(1);
    });
  }

  void score_out_of_bag(const training_data& data) {
    const auto rows = static_cast<std::size_t>(data.x.rows());
    std::vector<std::vector<bool>> in_bag(trees_.size());
    parallel_for(trees(), options_.threads, [&](std::int64_t t) {
      throw_if_interrupted();
      random_generator random(stream_seed(options_.seed, static_cast<std::uint64_t>(t)));
      const auto times = draw(rows, random);
      auto& bag = in_bag[static_cast<std::size_t>(t)];
      for (const double v : times) bag.push_back(v > 0);
    });
    std::vector<std::int8_t> verdict(rows, -1);  // right, wrong, or -1: seen by every tree
    parallel_for(data.x.rows(), options_.threads, [&](std::int64_t row) {
      throw_if_interrupted();
      const auto r = static_cast<std::size_t>(row);
      std::vector<double> p(static_cast<std::size_t>(data.classes), 0.0);
      bool any = false;
      for (std::size_t t = 0; t < trees_.size(); ++t) {
        if (in_bag[t][r]) continue;
        any = true;
        trees_[t].add_distribution(trees_[t].leaf_of(data.x.row(row).data()), p.data());
      }
      if (any) verdict[r] = std::max_element(p.begin(), p.end()) - p.begin() == data.codes[r];
    });
    double right = 0, scored = 0;
    for (const auto v : verdict) {
      right += v == 1;
      scored += v >= 0;
    }
    oob_score_ = scored > 0 ? right / scored : 0.0;
  }

  forest_options options_;
  tree_thresholds thresholds_;
  std::vector<tree_model> trees_;
  std::vector<double> importances_;
  std::optional<double> oob_score_;
};

AISLE_EXTERN_TEMPLATE(class forest<float>)
AISLE_EXTERN_TEMPLATE(class forest<double>)

}  // namespace detail

AISLE_NAMESPACE_END
