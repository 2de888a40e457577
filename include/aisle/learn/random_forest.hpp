#pragma once

#include <memory>
#include <string_view>
#include <utility>

#include <aisle/learn/detail/forest.hpp>

AISLE_NAMESPACE_BEGIN

/// A random forest (Breiman 2001): trees grown on bootstrap samples, each node looking at a random subset of
/// the features; a probability is the mean of the trees' leaf distributions, as in scikit-learn's
/// RandomForestClassifier. Beside the features, growing takes a byte a value, once for all trees.
template <class T = float>
class random_forest final : public detail::forest<T> {
 public:
  explicit random_forest(forest_options options = {})
      : detail::forest<T>(std::move(options), detail::tree_thresholds::best) {}

  std::string_view kind() const noexcept override { return "random_forest"; }
  std::unique_ptr<classifier<T>> unfitted() const override {
    return std::make_unique<random_forest>(options());
  }
  const forest_options& options() const& noexcept { return this->settings(); }
  forest_options options() const&& { return this->settings(); }
};

// Without a template argument features are floats.
random_forest()->random_forest<float>;
random_forest(forest_options)->random_forest<float>;

AISLE_EXTERN_TEMPLATE(class random_forest<float>)
AISLE_EXTERN_TEMPLATE(class random_forest<double>)

AISLE_NAMESPACE_END
