#pragma once

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

#include <aisle/base/parallel.hpp>
#include <aisle/catalogue/detail/experiment_trials.hpp>
#include <aisle/catalogue/inputs.hpp>
#include <aisle/learn/calibration.hpp>
#include <aisle/learn/metrics.hpp>
#include <aisle/learn/split.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail {

AISLE_API void trial::forget() {
  forget_fit();
  tested = {};
  probabilities = {};
}

AISLE_API void trial::forget_fit(std::size_t most) {
  features = {};
  fitted.reset();
  predicted = {};
  if (most == 0 || tested.size() <= most) return;
  index_vector kept, places;
  for (std::size_t i = 0; i < most; ++i) {
    const std::size_t at = i * tested.size() / most;
    places.push_back(static_cast<std::int64_t>(at));
    kept.push_back(tested[at]);
  }
  probabilities = probabilities.rows(places);
  tested = std::move(kept);
}

AISLE_API std::vector<trial> list_trials(std::span<const std::size_t> parts, std::size_t learners) {
  std::vector<trial> out;
  for (std::size_t m = 0; m < parts.size(); ++m)
    for (std::size_t p = 0; p < parts[m]; ++p)
      for (std::size_t l = 0; l < learners; ++l) out.push_back({.modality = m, .learner = l, .part = p});
  return out;
}

AISLE_API row_score score_rows(const label_vector& truth, const label_vector& predicted,
                               const std::vector<bool>& mask) {
  index_vector which;
  for (std::int64_t i = 0; i < truth.size(); ++i)
    if (mask.empty() || mask[static_cast<std::size_t>(i)]) which.push_back(i);
  if (which.empty()) return {};
  const label_vector t = truth.rows(which), p = predicted.rows(which);
  return {t.size(), 100 * accuracy(t, p), 100 * macro_f1(t, p)};
}

AISLE_API trial_runner::trial_runner(std::vector<recipe> recipes, const experiment_options& options)
    : recipes_{std::move(recipes)}, options_(options) {
  for (const recipe& how : recipes_.front()) check_recipe(how, all_inputs[0].name());
}

AISLE_API void trial_runner::set_recipes(std::vector<std::vector<recipe>> of_modalities) {
  recipes_ = std::move(of_modalities);
}

AISLE_API void trial_runner::run(std::string_view phase, std::vector<trial>& trials,
                                 const std::function<void(trial&)>& one) {
  const auto count = static_cast<std::int64_t>(trials.size());
  const int threads = thread_budget(options_.threads);
  for (const trial& t : trials) features_.expect(t.modality, t.part, how(t.modality, t.learner));
  inner_threads_ = threads_of_each(count, threads);
  shared_progress progress(options_.progress, {.phase = phase, .total = count, .unit = "fits"});
  parallel_for(count, threads / inner_threads_, [&](std::int64_t i) {
    one(trials[static_cast<std::size_t>(i)]);
    progress.add(1);
  });
}

AISLE_API split_features make_features(const recipe& how, const modality& m, const row_sides& sides,
                                       int threads) {
  split_features out;
  {
    // A copy, as large as the features: gone before those of the other side are made.
    const modality_rows train = m.data.select(sides.train);
    out.made = product_features::fit(train, how, threads);
    out.train = out.made.transform(train);
  }
  if (!sides.test.empty()) out.test = out.made.transform(m.data.select(sides.test));
  return out;
}

AISLE_API void learn(trial& t, const recipe& how, const modality& m, const index_vector& rows,
                     const split_features& x, std::uint64_t seed, int threads) {
  t.how = how;
  t.features = x.made;
  const auto start = std::chrono::steady_clock::now();
  t.fitted = make_learner(
      how, {.blocks = x.made.blocks(), .groups = m.groups_of(rows), .seed = seed, .threads = threads});
  t.fitted->fit(x.train.view(), m.labels.rows(rows));
  t.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

AISLE_API void trial_runner::fit(trial& t, const modality& m, const row_sides& sides,
                                 std::uint64_t seed) const {
  try {
    const recipe& stated = how(t.modality, t.learner);
    recipe chosen = stated;
    chosen.words = chosen.words && m.text != nullptr;  // what has no texts is looked at by what it has
    const std::shared_ptr<const split_features> x = features_.get(
        t.modality, t.part, stated, sides, [&] { return make_features(chosen, m, sides, inner_threads_); });
    learn(t, chosen, m, sides.train, *x, seed, inner_threads_);
    if (sides.test.empty()) {
      t.known = familiarity::fit(x->train.dense, m.labels.rows(sides.train));
      return;
    }
    t.tested = sides.test;
    t.probabilities = t.fitted->predict_proba(x->test.view());
    t.predicted = t.fitted->likeliest(t.probabilities);
    const label_vector truth = m.labels.rows(sides.test);
    std::vector<bool> common;
    for (const std::int64_t i : sides.test) common.push_back(m.common[static_cast<std::size_t>(i)]);
    t.own = score_rows(truth, t.predicted);
    t.common = score_rows(truth, t.predicted, common);
  } catch (const error& e) {
    t.failure = e.what();
  }
}

AISLE_API std::vector<row_sides> folds_of(const modality& m, const index_vector& rows, int folds,
                                          std::uint64_t seed) {
  const std::vector<std::int64_t> groups = m.groups_of(rows);
  const std::size_t units =
      groups.empty() ? rows.size() : std::set<std::int64_t>(groups.begin(), groups.end()).size();
  if (units < 2) return {};
  const auto count = static_cast<int>(std::min<std::size_t>(static_cast<std::size_t>(folds), units));
  std::vector<row_sides> out;
  for (auto& f : stratified_folds(m.labels.rows(rows), {.folds = count, .seed = seed, .groups = groups})) {
    for (index_vector* part : {&f.train, &f.test})
      for (std::int64_t& i : *part) i = rows[static_cast<std::size_t>(i)];
    out.push_back({std::move(f.train), std::move(f.test)});
  }
  return out;
}

AISLE_API held_out_rows gather_held_out(std::span<const trial* const> folds, std::int64_t classes) {
  held_out_rows out;
  for (const trial* t : folds)
    if (t->failure.empty()) out.rows.insert(out.rows.end(), t->tested.begin(), t->tested.end());
  out.probabilities = matrix<float>(static_cast<std::int64_t>(out.rows.size()), classes);
  std::int64_t at = 0;
  for (const trial* t : folds)
    for (std::int64_t r = 0; t->failure.empty() && r < t->probabilities.rows(); ++r) {
      const auto from = t->probabilities.row(r);
      std::copy(from.begin(), from.end(), out.probabilities.row(at++).begin());
    }
  return out;
}

/// The means over folds that could be fitted, and the temperature of what they say of the rows held out.
AISLE_API fold_scores score_folds(const modality& m, std::span<const trial* const> folds) {
  fold_scores out;
  double own = 0, own_count = 0, common = 0, common_count = 0;
  for (const trial* t : folds) {
    if (!t->failure.empty()) continue;
    own += t->own.macro_f1, ++own_count;
    if (t->common.rows > 0) common += t->common.macro_f1, ++common_count;
  }
  if (common_count > 0) out.common_macro_f1 = common / common_count;
  if (own_count == 0) return out;
  out.macro_f1 = own / own_count;
  const held_out_rows held_out = gather_held_out(folds, m.labels.classes().size());
  out.temperature = fit_temperature(m.labels.rows(held_out.rows), held_out.probabilities);
  return out;
}

AISLE_API std::vector<std::vector<fold_scores>> cross_validate(trial_runner& runner,
                                                               std::span<const modality> modalities,
                                                               std::span<const std::vector<row_sides>> folds,
                                                               std::uint64_t seed) {
  std::vector<std::vector<fold_scores>> out(modalities.size(), std::vector<fold_scores>(runner.learners()));
  std::vector<std::size_t> counts;
  for (const std::vector<row_sides>& of : folds) counts.push_back(of.size());
  std::vector<trial> trials = list_trials(counts, runner.learners());
  if (trials.empty()) return out;
  runner.run("cross-validation", trials, [&](trial& t) {
    runner.fit(t, modalities[t.modality], folds[t.modality][t.part], seed);
    // A temperature is one number: of more rows the probabilities would only take memory.
    t.forget_fit(1 + 20'000 / folds[t.modality].size());
  });
  for (std::size_t m = 0; m < modalities.size(); ++m)
    for (std::size_t l = 0; l < runner.learners(); ++l) {
      std::vector<const trial*> of_learner;
      for (const trial& t : trials)
        if (t.modality == m && t.learner == l) of_learner.push_back(&t);
      out[m][l] = score_folds(modalities[m], of_learner);
    }
  return out;
}

}  // namespace detail
AISLE_NAMESPACE_END
