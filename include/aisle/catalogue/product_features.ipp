#pragma once

#include <string>
#include <vector>

#include <aisle/base/error.hpp>
#include <aisle/catalogue/product_features.hpp>
#include <aisle/learn/learners.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail {

/// The row of a learner that experiments train.
AISLE_API const learner_kind<float>& experiment_learner(std::string_view name) {
  const learner_kind<float>& kind = find_learner<float>(name);
  if (kind.make_for_experiment == nullptr)
    throw option_error("experiments do not train learner \"" + std::string(name) + "\"");
  return kind;
}

}  // namespace detail

AISLE_API std::unique_ptr<classifier<float>> make_learner(const recipe& how, std::uint64_t seed,
                                                          int threads) {
  return detail::experiment_learner(how.learner)
      .make_for_experiment({.seed = seed, .threads = threads, .c = how.c});
}

AISLE_API void check_recipe(const recipe& how, std::string_view modality) {
  const auto learner = make_learner(how, 0, 1);
  if (!how.words) return;
  if (!learner->takes_sparse())
    throw option_error("recipe: learner " + how.learner + " takes vectors alone, no words");
  if (modality == "image") throw option_error("recipe: words of pictures, expected a modality with texts");
}

AISLE_API modality_rows modality_rows::select(std::span<const std::int64_t> which) const {
  modality_rows out;
  for (const std::int64_t i : which) out.rows.push_back(rows.at(static_cast<std::size_t>(i)));
  for (const auto& p : parts) out.parts.push_back(p.rows(which));
  if (!texts.empty())
    for (const std::int64_t i : which) out.texts.push_back(texts[static_cast<std::size_t>(i)]);
  return out;
}

AISLE_API product_features product_features::fit(const modality_rows& rows, const recipe& how, int threads) {
  product_features out;
  out.fusion = modality_fusion::fit(rows.views(), how.fusion);
  if (!how.words) return out;
  if (rows.texts.size() != rows.rows.size())
    throw option_error("the recipe looks at words, but the rows came without texts");
  const std::vector<std::string> texts(rows.texts.begin(), rows.texts.end());
  // Words that one text has alone tell nothing of the others of its class, and most words are such.
  out.words =
      tfidf::fit(texts, {.min_df = texts.size() < 10 ? 1 : 2, .max_features = 30'000, .threads = threads});
  return out;
}

AISLE_API feature_set<float> product_features::transform(const modality_rows& rows) const {
  feature_set<float> out;
  out.dense = fusion.transform(rows.views());
  if (!words.fitted()) return out;
  if (rows.texts.size() != rows.rows.size())
    throw option_error("this classifier looks at words, but the rows came without texts");
  out.sparse = words.transform(std::vector<std::string>(rows.texts.begin(), rows.texts.end()));
  return out;
}

AISLE_NAMESPACE_END
