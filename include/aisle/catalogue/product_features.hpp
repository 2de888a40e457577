#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/catalogue/fusion.hpp>
#include <aisle/catalogue/recipe.hpp>
#include <aisle/learn/classifier.hpp>
#include <aisle/learn/feature_view.hpp>
#include <aisle/tensor/matrix.hpp>
#include <aisle/text/tfidf.hpp>

AISLE_NAMESPACE_BEGIN

/// Rows of a catalogue that have vectors in all modalities asked for.
struct modality_rows {
  index_vector rows;                    ///< data rows, ascending
  std::vector<matrix<float>> parts;     ///< a modality each, [rows, dimension]
  std::vector<std::string_view> texts;  ///< of each row, where there are texts; they belong to the catalogue
  std::vector<matrix_view<const float>> views() const& { return {parts.begin(), parts.end()}; }
  std::vector<matrix_view<const float>> views() const&& = delete;
  modality_rows select(std::span<const std::int64_t> which) const;
};

/// How rows become features, as learnt from training rows: vectors are fused, and words stand behind them.
struct product_features {
  modality_fusion fusion;
  tfidf words = {};  ///< not fitted: there are none

  /// Throws option_error where a recipe asks for words and the rows have no texts.
  static product_features fit(const modality_rows& rows, const recipe& how, int threads = 0);
  feature_set<float> transform(const modality_rows& rows) const;
};

/// The learner of a recipe, not fitted. Throws option_error for one that experiments do not train.
std::unique_ptr<classifier<float>> make_learner(const recipe& how, std::uint64_t seed, int threads);

/// Throws option_error where a recipe cannot be followed: of a learner that there is not, words for one that
/// takes dense features alone, or a modality without texts.
void check_recipe(const recipe& how, std::string_view modality);

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/product_features.ipp>
#endif
