#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include <aisle/base/error.hpp>
#include <aisle/base/ranges.hpp>
#include <aisle/catalogue/inputs.hpp>
#include <aisle/catalogue/product_features.hpp>
#include <aisle/learn/late_fusion.hpp>
#include <aisle/learn/learners.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail {

/// The share of a modality's norm that a feature of a column has. Of pictures of the fashion set with brand,
/// gender and use beside them: at 0.2 to 0.5 all learners gain most; at 0.05 vectors drown columns, at 1 rare
/// categories drown rare classes.
inline constexpr double column_weight = 0.3;

/// The row of a learner that experiments train.
AISLE_API const learner_kind<float>& experiment_learner(std::string_view name) {
  const learner_kind<float>& kind = find_learner<float>(name);
  if (kind.make_for_experiment == nullptr)
    throw option_error("experiments do not train learner \"" + std::string(name) + "\"");
  return kind;
}

}  // namespace detail

AISLE_API std::unique_ptr<classifier<float>> make_learner(const recipe& how, learner_making with) {
  auto each =
      detail::experiment_learner(how.learner)
          .make_for_experiment(
              {.seed = with.seed, .threads = with.threads, .c = how.c, .progress = std::move(with.progress)});
  if (!classifies_each(how.fusion.kind) || with.blocks.size() < 2) return each;
  return std::make_unique<late_fusion<float>>(
      std::move(each),
      late_fusion_options{
          .blocks = std::move(with.blocks),
          .joining = how.fusion.kind == fusion_kind::stacked ? late_joining::stacked : late_joining::weighted,
          .seed = with.seed,
          .groups = std::move(with.groups),
          .threads = with.threads});
}

AISLE_API void check_recipe(const recipe& how, std::string_view modality) {
  const auto learner = make_learner(how, {.threads = 1});
  for (const std::string& column : how.columns)
    if (ranges::count(how.columns, column) > 1)
      throw option_error("recipe: column \"" + column + "\" is named twice");
  if (!how.words) return;
  if (!learner->takes_sparse())
    throw option_error("recipe: learner " + how.learner + " takes vectors alone, no words");
  if (const auto inputs = find_inputs(modality); inputs && !inputs->text)
    throw option_error("recipe: words of pictures, expected a modality with texts");
}

AISLE_API modality_rows modality_rows::select(std::span<const std::int64_t> which) const {
  modality_rows out;
  out.products = products;
  for (const std::int64_t i : which) out.rows.push_back(rows.at(static_cast<std::size_t>(i)));
  for (const auto& p : parts) out.parts.push_back(p.rows(which));
  if (!texts.empty())
    for (const std::int64_t i : which) out.texts.push_back(texts[static_cast<std::size_t>(i)]);
  return out;
}

AISLE_API void check_columns(const catalogue& products, std::span<const std::string> columns) {
  for (const std::string& column : columns) {
    if (!products.find_column(column))
      throw missing_column(products.path, column, "extra_columns", products.header);
    if (column == products.options.label_column)
      throw option_error(products.path + ": column \"" + column +
                         "\" is what is to be learnt, expected other columns as features");
  }
}

AISLE_API std::vector<column_features::cells> modality_rows::cells(
    std::span<const std::string> columns) const {
  std::vector<column_features::cells> out(columns.size());
  if (columns.empty()) return out;
  if (products == nullptr)
    throw option_error("column " + columns.front() +
                       " is looked at, but the rows came without their catalogue");
  std::vector<std::size_t> places;
  for (const std::string& column : columns) {
    const auto place = products->find_column(column);
    if (!place) throw missing_column(products->path, column, "extra_columns", products->header);
    places.push_back(*place);
  }
  const std::vector<product>& all = products->products;
  for (const std::int64_t row : rows) {
    const auto p = std::lower_bound(all.begin(), all.end(), row,
                                    [](const product& a, std::int64_t r) { return a.row < r; });
    const bool there = p != all.end() && p->row == row;
    for (std::size_t c = 0; c < places.size(); ++c)
      out[c].push_back(there && places[c] < p->fields.size() ? std::string_view(p->fields[places[c]])
                                                             : std::string_view());
  }
  return out;
}

namespace detail {

/// What a column's feature of 1 is multiplied with: beside vectors of that norm columns weigh as one of them.
AISLE_API double column_scale(const fusion_options& fusion) {
  return fusion.kind == fusion_kind::concat ? 1 : column_weight * fusion.norm;
}

}  // namespace detail

AISLE_API product_features product_features::fit(const modality_rows& rows, const recipe& how, int threads) {
  product_features out;
  out.fusion = modality_fusion::fit(rows.views(), how.fusion);
  if (!how.columns.empty())
    out.columns =
        column_features::fit(how.columns, rows.cells(how.columns), detail::column_scale(how.fusion));
  if (!how.words) return out;
  if (rows.texts.size() != rows.rows.size())
    throw option_error("the recipe looks at words, but the rows came without texts");
  const std::vector<std::string> texts(rows.texts.begin(), rows.texts.end());
  // Words that one text has alone tell nothing of the others of its class, and most words are such.
  out.words =
      tfidf::fit(texts, {.min_df = texts.size() < 10 ? 1 : 2, .max_features = 30'000, .threads = threads});
  return out;
}

AISLE_API std::vector<std::int64_t> product_features::blocks() const {
  std::vector<std::int64_t> out;
  for (const auto& mean : fusion.means()) out.push_back(static_cast<std::int64_t>(mean.size()));
  if (columns.dimension() > 0) out.push_back(columns.dimension());
  return out;
}

AISLE_API matrix<float> product_features::dense(const modality_rows& rows) const {
  matrix<float> vectors = fusion.transform(rows.views());
  if (!columns.fitted()) return vectors;
  matrix<float> out(vectors.rows(), dense_dimension());
  for (std::int64_t r = 0; r < out.rows(); ++r)
    std::copy(vectors.row(r).begin(), vectors.row(r).end(), out.row(r).begin());
  columns.transform(rows.cells(columns.names()), out, vectors.cols());
  return out;
}

AISLE_API feature_set<float> product_features::transform(const modality_rows& rows) const {
  feature_set<float> out;
  out.dense = dense(rows);
  if (!words.fitted()) return out;
  if (rows.texts.size() != rows.rows.size())
    throw option_error("this classifier looks at words, but the rows came without texts");
  out.sparse = words.transform(std::vector<std::string>(rows.texts.begin(), rows.texts.end()));
  return out;
}

AISLE_NAMESPACE_END
