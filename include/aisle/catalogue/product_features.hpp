#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/base/progress.hpp>
#include <aisle/catalogue/column_features.hpp>
#include <aisle/catalogue/fusion.hpp>
#include <aisle/catalogue/products.hpp>
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
  const catalogue* products = nullptr;  ///< whose rows they are, for other columns
  std::vector<matrix_view<const float>> views() const& { return {parts.begin(), parts.end()}; }
  std::vector<matrix_view<const float>> views() const&& = delete;
  modality_rows select(std::span<const std::int64_t> which) const;
  /// Of each of these columns of the catalogue the cells of all rows, which belong to it. Throws option_error
  /// where there is no catalogue, missing_column.
  std::vector<column_features::cells> cells(std::span<const std::string> columns) const;
};

/// How rows become features, as learnt from training rows: vectors are fused, other columns stand behind
/// them, and words, which are sparse, behind those.
struct product_features {
  modality_fusion fusion;
  column_features columns = {};  ///< not fitted: there are none
  tfidf words = {};              ///< not fitted: there are none

  /// Throws option_error where a recipe asks for words and the rows have no texts, and what
  /// modality_rows::cells throws.
  static product_features fit(const modality_rows& rows, const recipe& how, int threads = 0);
  feature_set<float> transform(const modality_rows& rows) const;
  /// Its dense part alone: vectors and columns.
  matrix<float> dense(const modality_rows& rows) const;
  /// Widths of the parts of the dense features that a classifier each may see: the modalities, and the
  /// columns.
  std::vector<std::int64_t> blocks() const;
  /// Width of the dense part.
  std::int64_t dense_dimension() const noexcept { return fusion.dimension() + columns.dimension(); }
};

/// What a learner is made with, beside its recipe.
struct learner_making {
  std::vector<std::int64_t> blocks = {};  ///< of the features that it will see (product_features::blocks)
  std::vector<std::int64_t> groups =
      {};  ///< of the rows that it will learn from; empty: each stands for itself
  std::uint64_t seed = 42;
  int threads = 0;
  progress_callback progress = {};  ///< may throw to end the fit
};

/// The learner of a recipe, not fitted; late_fusion where the recipe wants a classifier for each block and
/// there are several. Throws option_error for one that experiments do not train.
std::unique_ptr<classifier<float>> make_learner(const recipe& how, learner_making with = {});

/// Throws option_error where a recipe cannot be followed: of a learner that there is not, words for one that
/// takes dense features alone, or a modality without texts, a column named twice.
void check_recipe(const recipe& how, std::string_view modality);
/// Throws missing_column for one that the catalogue has not ("extra_columns"), option_error for the column of
/// the labels, which would tell the answer.
void check_columns(const catalogue& products, std::span<const std::string> columns);

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/product_features.ipp>
#endif
