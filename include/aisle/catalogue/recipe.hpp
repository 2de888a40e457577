#pragma once

#include <string>
#include <string_view>

#include <aisle/base/config.hpp>
#include <aisle/catalogue/fusion.hpp>

AISLE_NAMESPACE_BEGIN

/// How a classifier of products is made: what becomes features, and what learns from them.
struct recipe {
  std::string learner = "logistic_regression";  ///< a name of experiment_learners()
  double c = 1;                                 ///< of linear learners
  fusion_options fusion = {};                   ///< of vectors
  bool words =
      false;  ///< the words of the texts beside the vectors (TF-IDF); for learners of sparse features
  bool operator==(const recipe&) const = default;
};

/// "linear_svm (c 1) on balanced vectors and words".
std::string describe(const recipe& how);
/// Throws option_error where a recipe cannot be followed: of a learner that there is not, words for one that
/// takes dense features alone, or a modality without texts.
void check_recipe(const recipe& how, std::string_view modality);

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/recipe.ipp>
#endif
