#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/catalogue/fusion.hpp>

AISLE_NAMESPACE_BEGIN

/// How a classifier of products is made: what becomes features, and what learns from them.
struct recipe {
  std::string learner = "logistic_regression";  ///< a name of experiment_learners()
  double c = 1;                                 ///< of linear learners
  fusion_options fusion = {};                   ///< of vectors
  bool words = false;  ///< of the texts, beside the vectors (TF-IDF); for learners that take sparse features
  std::vector<std::string> columns = {};  ///< of the catalogue, beside the vectors (column_features)
  bool operator==(const recipe&) const = default;
};

/// Whether two recipes make the same features of products.
bool same_features(const recipe& a, const recipe& b);

/// "linear_svm (c 3) on balanced vectors, words and columns price, type".
std::string describe(const recipe& how);

/// What came of a recipe in cross-validation.
struct recipe_score {
  recipe how;
  double accuracy = 0, macro_f1 = 0;  ///< of the rows held out, in %
  int folds = 0;                      ///< that it was tried on; fewer than all: it was behind after the first
  double seconds = 0;                 ///< of its fits
  /// By what recipes are compared.
  double merit() const noexcept { return (accuracy + macro_f1) / 2; }
};

/// The recipes that were tried on a modality's training rows.
struct recipe_search {
  std::string modality;
  std::vector<recipe_score> tried;  ///< the chosen one first, then by folds and merit
  std::int64_t candidates = 0;      ///< that there were; more than were tried: time was up
  std::int64_t rows = 0;            ///< training rows that were looked at; 0: not known
  std::int64_t of_rows = 0;         ///< that there were; more: an even sample was looked at
};

/// "linear_svm (c 3) on balanced vectors and words: accuracy 98.57 %, …, the best of 29; next mlp …".
std::string describe(const recipe_search& search);

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/recipe.ipp>
#endif
