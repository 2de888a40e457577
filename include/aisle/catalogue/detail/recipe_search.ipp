#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include <aisle/base/parallel.hpp>
#include <aisle/base/ranges.hpp>
#include <aisle/catalogue/detail/experiment_trials.hpp>
#include <aisle/catalogue/detail/recipe_search.hpp>
#include <aisle/catalogue/product_features.hpp>
#include <aisle/learn/metrics.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail {

AISLE_API std::vector<recipe> candidate_recipes(const modality& m, const std::vector<std::string>& columns) {
  // At norm 1 a penalty weighs 400 times what it does at the 20 of logistic regression's c = 1.
  std::vector<recipe> out;
  const fusion_options unit{.kind = fusion_kind::balanced, .norm = 1};
  const auto add = [&](const char* learner, std::vector<double> cs, bool words) {
    for (const double c : cs)
      out.push_back({.learner = learner, .c = c, .fusion = unit, .words = words, .columns = columns});
  };
  std::vector<double> logistic;
  for (int i = 0; i < 15; ++i) logistic.push_back(std::round(10 * std::pow(10, i / 3.5)));  // 10 to 100,000
  const bool texts = m.text != nullptr;
  for (const bool words : {false, true}) {
    if (words && !texts) continue;
    add("linear_svm", {0.3, 1, 3, 10}, words);
    if (!words) add("logistic_regression", logistic, words);
  }
  for (const char* learner : {"mlp", "random_forest", "extra_trees"}) add(learner, {1}, false);
  // Takes the cube of the rows.
  if (m.data.rows.size() <= 2500) add("kernel_ridge", {1}, false);
  if (columns.empty()) return out;
  // Columns that were named may tell nothing, or be wrong more often than right.
  for (std::size_t i = 0, count = out.size(); i < count; ++i)
    if (out[i].learner == "linear_svm") {
      out.push_back(out[i]);
      out.back().columns.clear();
    }
  return out;
}

/// Ends a fit that is under way when time is up. No aisle::error, so that nobody takes it for a failed fit.
struct time_is_up {};

/// At most about `most` rows of a modality's folds, evenly of every class in every fold, one at least; all
/// where there are no more.
AISLE_API std::vector<row_sides> sample_folds(const modality& m, const std::vector<row_sides>& folds,
                                              std::int64_t most) {
  std::int64_t all = 0;
  for (const row_sides& fold : folds) all += static_cast<std::int64_t>(fold.test.size());
  if (most <= 0 || all <= most) return folds;
  const double share = static_cast<double>(most) / static_cast<double>(all);
  std::vector<row_sides> out(folds.size());
  for (std::size_t f = 0; f < folds.size(); ++f) {
    std::map<std::int32_t, index_vector> of_class;
    for (const std::int64_t i : folds[f].test)
      of_class[m.labels.codes()[static_cast<std::size_t>(i)]].push_back(i);
    for (const auto& [code, rows] : of_class) {
      const auto count = static_cast<double>(rows.size());
      const auto kept = static_cast<std::size_t>(std::max(1.0, std::round(share * count)));
      for (std::size_t k = 0; k < kept; ++k) out[f].test.push_back(rows[k * rows.size() / kept]);
    }
    std::sort(out[f].test.begin(), out[f].test.end());
  }
  for (std::size_t f = 0; f < folds.size(); ++f) {
    for (std::size_t other = 0; other < folds.size(); ++other)
      if (other != f) out[f].train.insert(out[f].train.end(), out[other].test.begin(), out[other].test.end());
    std::sort(out[f].train.begin(), out[f].train.end());
  }
  return out;
}

/// A recipe, and what came of it on each fold of a modality.
struct candidate_trial {
  struct fold {
    std::vector<std::int32_t> predicted = {};  ///< none: not tried, or failed
    double seconds = 0;
    bool failed = false;
  };
  std::size_t modality = 0;
  recipe how;
  std::vector<fold> folds = {};
};

/// The steps of a search.
class recipe_searcher {
 public:
  recipe_searcher(std::span<const modality> modalities, std::span<const std::vector<row_sides>> folds,
                  std::uint64_t seed, const experiment_options& options)
      : modalities_(modalities), all_folds_(folds), seed_(seed), options_(options) {
    for (std::size_t m = 0; m < modalities.size(); ++m) {
      folds_.push_back(sample_folds(modalities[m], folds[m], options.search_rows));
      for (recipe& how : candidate_recipes(modalities[m], options.extra_columns))
        trials_.push_back({m, std::move(how), std::vector<candidate_trial::fold>(folds[m].size())});
    }
  }

  std::vector<recipe_search> run() {
    std::vector<candidate_trial*> all;
    for (candidate_trial& t : trials_) all.push_back(&t);
    std::size_t most = 0;
    for (const auto& of : folds_) most = std::max(most, of.size());
    try_all("recipes", all, 0, 1);
    const std::vector<candidate_trial*> ahead = those_ahead(all);
    try_all("best recipes", ahead, 1, most);
    std::vector<recipe_search> out;
    for (std::size_t m = 0; m < modalities_.size(); ++m) out.push_back(judge(m));
    return out;
  }

 private:
  /// Recipes of one kind of features and one learner: what linear ones learnt at one c is where the next
  /// starts.
  struct task {
    std::size_t modality, fold;
    std::vector<candidate_trial*> trials;
  };

  bool late() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count() >
           options_.search_seconds;
  }

  void try_all(const char* phase, std::span<candidate_trial* const> trials, std::size_t first,
               std::size_t last) {
    std::vector<task> tasks;
    std::int64_t fits = 0;
    for (std::size_t m = 0; m < modalities_.size(); ++m)
      for (std::size_t f = first; f < std::min(last, folds_[m].size()); ++f)
        for (candidate_trial* t : trials) {
          if (t->modality != m) continue;
          ++fits;
          const auto same = ranges::find_if(tasks, [&](const task& other) {
            return other.modality == m && other.fold == f && same_features(other.trials.front()->how, t->how);
          });
          if (same != tasks.end())
            same->trials.push_back(t);
          else
            tasks.push_back({m, f, {t}});
        }
    const auto count = static_cast<std::int64_t>(tasks.size());
    const int threads = thread_budget(options_.threads);
    const int of_each = threads_of_each(count, threads);
    shared_progress progress(options_.progress, {.phase = phase, .total = fits, .unit = "fits"});
    parallel_for(count, threads / of_each,
                 [&](std::int64_t i) { follow(tasks[static_cast<std::size_t>(i)], of_each, progress); });
  }

  /// Writes to its fold of its trials alone.
  void follow(const task& one, int threads, shared_progress& progress) const {
    if (late()) return;
    const modality& m = modalities_[one.modality];
    const row_sides& sides = folds_[one.modality][one.fold];
    const label_vector labels = m.labels.rows(sides.train);
    split_features x;
    try {
      x = make_features(one.trials.front()->how, m, sides, threads);
    } catch (const error&) {
      for (candidate_trial* t : one.trials) t->folds[one.fold].failed = true;
      return;
    }
    const auto give_up = [this](const progress_event&) {
      if (late()) throw time_is_up();
    };
    std::unique_ptr<classifier<float>> before;
    for (candidate_trial* t : one.trials) {
      if (late()) return;
      candidate_trial::fold& fold = t->folds[one.fold];
      const auto start = std::chrono::steady_clock::now();
      try {
        auto learner = make_learner(t->how, {.blocks = x.made.blocks(),
                                             .groups = m.groups_of(sides.train),
                                             .seed = seed_,
                                             .threads = threads,
                                             .progress = give_up});
        if (before) learner->start_from(*before);
        learner->fit(x.train.view(), labels);
        const label_vector said = learner->predict(x.test.view());
        fold.predicted.assign(said.codes().begin(), said.codes().end());
        before = std::move(learner);
      } catch (const error&) {
        fold.failed = true;
      } catch (const time_is_up&) {
        return;
      }
      fold.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      progress.add(1);
    }
  }

  /// Of the folds that it was tried on; none where it failed.
  recipe_score score(const candidate_trial& t) const {
    recipe_score out{.how = t.how};
    const modality& m = modalities_[t.modality];
    index_vector rows;
    std::vector<std::int32_t> said;
    for (std::size_t f = 0; f < t.folds.size(); ++f) {
      const candidate_trial::fold& fold = t.folds[f];
      out.seconds += fold.seconds;
      if (fold.failed) return {.how = t.how};
      if (fold.predicted.empty()) continue;
      ++out.folds;
      const index_vector& test = folds_[t.modality][f].test;
      rows.insert(rows.end(), test.begin(), test.end());
      said.insert(said.end(), fold.predicted.begin(), fold.predicted.end());
    }
    if (rows.empty()) return out;
    const row_score of = score_rows(m.labels.rows(rows), label_vector(said, m.labels.shared_classes()));
    out.accuracy = of.accuracy, out.macro_f1 = of.macro_f1;
    return out;
  }

  /// Those that a fold says too little about to leave them.
  std::vector<candidate_trial*> those_ahead(const std::vector<candidate_trial*>& all) const {
    constexpr std::int64_t few = 100;  // rows of a fold that are no judge of anything
    constexpr double far_behind = 4;   // points
    constexpr int most = 2;            // of one learner and kind of features: its neighbours are much alike
    std::vector<candidate_trial*> out;
    for (std::size_t m = 0; m < modalities_.size(); ++m) {
      std::vector<std::pair<double, candidate_trial*>> of;
      for (candidate_trial* t : all)
        if (t->modality == m)
          if (const recipe_score s = score(*t); s.folds > 0) of.emplace_back(s.merit(), t);
      if (of.empty()) continue;
      std::stable_sort(of.begin(), of.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
      const bool judged = folds_[m].front().test.size() >= static_cast<std::size_t>(few);
      std::vector<const candidate_trial*> going_on;
      const auto alike = [&](const candidate_trial* t) {
        return ranges::count_if(going_on, [&](const candidate_trial* other) {
          return other->how.learner == t->how.learner && same_features(other->how, t->how);
        });
      };
      for (const auto& [merit, t] : of)
        if (!judged || (merit >= of.front().first - far_behind && alike(t) < most)) {
          going_on.push_back(t);
          out.push_back(t);
        }
    }
    return out;
  }

  recipe_search judge(std::size_t m) const {
    recipe_search out{.modality = modalities_[m].name, .tried = {}};
    for (const row_sides& fold : folds_[m]) out.rows += static_cast<std::int64_t>(fold.test.size());
    for (const row_sides& fold : all_folds_[m]) out.of_rows += static_cast<std::int64_t>(fold.test.size());
    for (const candidate_trial& t : trials_) {
      if (t.modality != m) continue;
      ++out.candidates;
      if (recipe_score s = score(t); s.folds > 0) out.tried.push_back(std::move(s));
    }
    std::stable_sort(out.tried.begin(), out.tried.end(), [](const recipe_score& a, const recipe_score& b) {
      return a.folds != b.folds ? a.folds > b.folds : a.merit() > b.merit();
    });
    if (out.tried.empty())
      out.tried.push_back({.how = candidate_recipes(modalities_[m], options_.extra_columns).front()});
    return out;
  }

  std::span<const modality> modalities_;
  std::span<const std::vector<row_sides>> all_folds_;
  std::vector<std::vector<row_sides>> folds_;  // of the rows that are looked at
  std::uint64_t seed_;
  const experiment_options& options_;
  std::vector<candidate_trial> trials_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

AISLE_API std::vector<recipe_search> search_recipes(std::span<const modality> modalities,
                                                    std::span<const std::vector<row_sides>> folds,
                                                    std::uint64_t seed, const experiment_options& options) {
  return recipe_searcher(modalities, folds, seed, options).run();
}

}  // namespace detail
AISLE_NAMESPACE_END
