#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include <aisle/learn/detail/forest.hpp>

AISLE_NAMESPACE_BEGIN

struct extra_trees_options {
  std::int64_t trees = 100;
  std::int64_t max_depth = 0;  ///< 0: until the leaves are pure
  std::int64_t min_samples_split = 2;
  std::int64_t min_samples_leaf = 1;
  features_per_split max_features = features_per_split::sqrt();
  /// false: each tree learns from every row; true: from as many, drawn with replacement.
  bool bootstrap = false;
  /// Score the rows by the trees that did not see them: oob_score(). Asks for bootstrap.
  bool out_of_bag = false;
  class_weights weights = {};
  std::uint64_t seed = 42;
  int threads = 0;                  ///< 0: all the process may use
  progress_callback progress = {};  ///< after every tree
};

/// Extremely randomised trees (Geurts, Ernst, Wehenkel 2006): each node draws one threshold for each of a
/// random subset of the features, evenly between the least and the greatest value of its rows, and splits at
/// the best of them, as scikit-learn's ExtraTreesClassifier does. The trees differ more than a random
/// forest's. An infinite feature counts as the largest finite number of its sign.
/// Beside the features, growing takes a second copy of them.
template <class T = float>
class extra_trees final : public detail::forest<T> {
 public:
  explicit extra_trees(const extra_trees_options& options = {})
      : detail::forest<T>({.trees = options.trees,
                           .max_depth = options.max_depth,
                           .min_samples_split = options.min_samples_split,
                           .min_samples_leaf = options.min_samples_leaf,
                           .max_features = options.max_features,
                           .bootstrap = options.bootstrap,
                           .out_of_bag = options.out_of_bag,
                           .weights = options.weights,
                           .seed = options.seed,
                           .threads = options.threads,
                           .progress = options.progress},
                          detail::tree_thresholds::drawn) {}

  std::string_view kind() const noexcept override { return "extra_trees"; }
  std::unique_ptr<classifier<T>> unfitted() const override {
    return std::make_unique<extra_trees>(options());
  }
  extra_trees_options options() const {
    const forest_options& o = this->settings();
    return {.trees = o.trees,
            .max_depth = o.max_depth,
            .min_samples_split = o.min_samples_split,
            .min_samples_leaf = o.min_samples_leaf,
            .max_features = o.max_features,
            .bootstrap = o.bootstrap,
            .out_of_bag = o.out_of_bag,
            .weights = o.weights,
            .seed = o.seed,
            .threads = o.threads,
            .progress = o.progress};
  }
};

// Without a template argument features are floats.
extra_trees()->extra_trees<float>;
extra_trees(extra_trees_options)->extra_trees<float>;

AISLE_EXTERN_TEMPLATE(class extra_trees<float>)
AISLE_EXTERN_TEMPLATE(class extra_trees<double>)

AISLE_NAMESPACE_END
