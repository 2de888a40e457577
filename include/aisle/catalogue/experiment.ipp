#pragma once

#include <algorithm>
#include <set>
#include <utility>

#include <aisle/base/counted.hpp>
#include <aisle/base/process.hpp>
#include <aisle/catalogue/detail/experiment_judgement.hpp>
#include <aisle/catalogue/detail/experiment_results.hpp>
#include <aisle/catalogue/detail/experiment_rows.hpp>
#include <aisle/catalogue/detail/experiment_trials.hpp>
#include <aisle/catalogue/detail/first_names.hpp>
#include <aisle/catalogue/detail/recipe_search.hpp>
#include <aisle/catalogue/experiment.hpp>
#include <aisle/catalogue/inputs.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

AISLE_API std::vector<recipe> standard_recipes(const experiment_options& options) {
  std::vector<recipe> out;
  for (const std::string& learner : options.learners)
    out.push_back({.learner = learner, .fusion = options.fusion, .columns = options.extra_columns});
  return out;
}

/// The steps of an experiment, in order; what they work on.
class experiment_run {
 public:
  experiment_run(const catalogue& products, const embedding_table* text, const embedding_table* image,
                 const experiment_options& options)
      : products_(products),
        text_(text),
        image_(image),
        options_(options),
        runner_(standard_recipes(options), options) {}

  experiment run() {
    experiment_result& result = out_.result;
    result = describe_experiment(products_, text_, image_, options_);
    phase_clock clock(result.phases);
    split();
    clock.lap("split");
    std::vector<std::vector<row_sides>> parts;
    for (const modality& m : modalities_)
      parts.push_back(options_.folds == 0 ? std::vector<row_sides>()
                                          : folds_of(m, m.sides(splits_.front()).train, options_.folds,
                                                     splits_.front().seed));
    if (options_.recipes == recipe_choice::search) {
      result.searches = search_recipes(modalities_, parts, splits_.front().seed, options_);
      std::vector<std::vector<recipe>> chosen;
      for (const recipe_search& of : result.searches) chosen.push_back({of.tried.front().how});
      runner_.set_recipes(std::move(chosen));
      clock.lap("recipes");
    }
    const auto folds = cross_validate(runner_, modalities_, parts, splits_.front().seed);
    if (options_.folds > 0) clock.lap("cross-validation");
    train(folds);
    clock.lap("training");
    refit();
    if (!out_.final_pipelines.empty()) clock.lap("training on all rows");
    judge(result, labels_, twins_, groups_, options_.threads);
    clock.lap("judgement");
    result.peak_mb = static_cast<double>(peak_resident_bytes()) / 1e6;
    return std::move(out_);
  }

 private:
  void split() {
    experiment_result& result = out_.result;
    const chosen_rows chosen =
        choose_rows(products_, options_.splits, rows_with_vectors(products_.data_rows, text_, image_));
    result.skipped.insert(result.skipped.end(), chosen.skipped.begin(), chosen.skipped.end());
    sort_by_row(result.skipped);
    if (chosen.rows.empty()) throw_no_labels(products_, result.skipped);
    labels_ = label_vector(chosen.labels);
    result.classes = labels_.classes().names();
    result.class_counts = labels_.counts();
    groups_ = groups_by_row(chosen, products_.data_rows);
    result.groups =
        static_cast<std::int64_t>(std::set<std::int64_t>(chosen.groups.begin(), chosen.groups.end()).size());
    if (options_.on_warning)
      for (const std::string& odd : odd_groups(products_, chosen)) options_.on_warning(odd);
    splits_ = make_splits(chosen, labels_, products_.data_rows, options_);
    modalities_ = make_modalities(products_, text_, image_, chosen, labels_, splits_, options_.on_warning);
    if (modalities_.empty())
      throw nothing_to_do(products_.path +
                          ": no modality has rows of two classes to train on and rows to test on");
    warn_of_unknown_classes();
    const row_fates fates = decide_fates(products_, modalities_, result.skipped, chosen.kind, text_, image_);
    result.usage = fates.usage;
    result.skipped.insert(result.skipped.end(), fates.unnamed.begin(), fates.unnamed.end());
    sort_by_row(result.skipped);
    twins_ = find_twins(products_, modalities_, splits_.front(), options_.threads);
    result.twins = twins_.findings;
  }

  void train(const std::vector<std::vector<fold_scores>>& folds) {
    const std::vector<std::size_t> parts(modalities_.size(), splits_.size());
    std::vector<trial> trials = list_trials(parts, runner_.learners());
    runner_.run("training", trials, [&](trial& t) {
      const modality& m = modalities_[t.modality];
      runner_.fit(t, m, m.sides(splits_[t.part]), splits_[t.part].seed);
      if (t.part > 0) t.forget();  // only the first split's are kept
    });
    for (std::size_t m = 0; m < modalities_.size(); ++m)
      for (std::size_t l = 0; l < runner_.learners(); ++l) {
        std::vector<trial*> of_splits;
        for (trial& t : trials)
          if (t.modality == m && t.learner == l) of_splits.push_back(&t);
        collect(of_splits, folds[m][l]);
      }
    if (out_.result.models.empty()) throw nothing_to_do(products_.path + ": no learner could be trained");
    if (options_.folds > 0) mark_chosen(out_.result.models);
  }

  void collect(std::span<trial* const> of_splits, const fold_scores& folds) {
    trial& first = *of_splits.front();
    const modality& m = modalities_[first.modality];
    const recipe& how = runner_.how(first.modality, first.learner);
    for (const trial* t : of_splits)
      if (!t->failure.empty()) {
        if (options_.on_warning)
          options_.on_warning(how.learner + " on " + m.name + " is left out: " + t->failure);
        return;
      }
    model_result r = collect_result(m, of_splits, splits_, folds);
    r.model = how.learner;
    r.how = how;
    r.unknown_classes = m.unknown_classes;
    out_.result.models.push_back(std::move(r));
    out_.pipelines.push_back(take_pipeline(first, m, products_, folds.temperature));
  }

  void warn_of_unknown_classes() const {
    if (!options_.on_warning) return;
    for (const modality& m : modalities_) {
      const std::vector<std::string>& names = m.unknown_classes;
      if (names.empty()) continue;
      options_.on_warning(m.name + ": " + counted(names.size(), "class", "classes") + " (" +
                          first_names(names) + ") " + (names.size() == 1 ? "has" : "have") +
                          " no training row with what it looks at: it cannot say " +
                          (names.size() == 1 ? "it" : "them"));
    }
  }

  /// The chosen classifiers again, of the rows of both sides.
  void refit() {
    std::vector<trial> trials;
    std::vector<double> temperatures;
    for (const model_result& r : out_.result.models) {
      if (!r.chosen) continue;
      trial t;
      while (modalities_[t.modality].name != r.modality) ++t.modality;
      while (runner_.how(t.modality, t.learner) != r.how) ++t.learner;
      trials.push_back(std::move(t));
      temperatures.push_back(r.evidence.temperature);
    }
    if (trials.empty()) return;
    runner_.run("training on all rows", trials, [&](trial& t) {
      const modality& m = modalities_[t.modality];
      runner_.fit(t, m, {m.all_rows(), {}}, splits_.front().seed);
    });
    for (std::size_t i = 0; i < trials.size(); ++i) {
      trial& t = trials[i];
      const modality& m = modalities_[t.modality];
      if (t.failure.empty())
        out_.final_pipelines.push_back(take_pipeline(t, m, products_, temperatures[i]));
      else if (options_.on_warning)
        options_.on_warning("the chosen classifier of " + m.name +
                            " could not be trained on all rows: " + t.failure);
    }
  }

  const catalogue& products_;
  const embedding_table *text_, *image_;
  const experiment_options& options_;
  trial_runner runner_;
  experiment out_;
  label_vector labels_;               // of the rows that take part
  std::vector<std::int64_t> groups_;  // by data row; empty: none
  std::vector<split_sides> splits_;
  std::vector<modality> modalities_;
  twin_rows twins_;  // of the first split
};

/// Of a recipe's probabilities, by those that it gives rows that it has not seen; 1 where there are no folds.
AISLE_API double temperature_of(const modality& m, const train_options& options) {
  if (options.folds < 2) return 1;
  const std::vector<row_sides> folds = folds_of(m, m.all_rows(), options.folds, options.seed);
  experiment_options settings;
  settings.threads = options.threads;
  settings.progress = options.progress;
  trial_runner runner({options.how}, settings);
  return cross_validate(runner, {&m, 1}, {{folds}}, options.seed).front().front().temperature;
}

}  // namespace detail

AISLE_API experiment run_experiment(const catalogue& products, const embedding_table* text,
                                    const embedding_table* image, const experiment_options& options) {
  check_experiment(products, options);
  return detail::experiment_run(products, text, image, options).run();
}

namespace detail {

AISLE_API std::string name_of_inputs(const embedding_table* text, const embedding_table* image) {
  return std::string(product_inputs{text != nullptr, image != nullptr}.name());
}

/// The rows that train_pipeline learns from.
AISLE_API modality training_modality(const catalogue& products, const embedding_table* text,
                                     const embedding_table* image) {
  if (products.options.label_column.empty())
    throw option_error(products.path + ": read without a label column, expected the column of the classes");
  modality m{.name = name_of_inputs(text, image), .text = text, .image = image};
  const modality_rows all = join_modalities(text, image, &products);
  index_vector which;
  std::vector<std::string> names, groups;
  std::size_t at = 0;
  for (std::size_t i = 0; i < all.rows.size(); ++i) {
    while (products.products[at].row < all.rows[i]) ++at;
    if (products.products[at].label.empty()) continue;
    which.push_back(static_cast<std::int64_t>(i));
    names.push_back(products.products[at].label);
    groups.push_back(products.products[at].group);
  }
  if (which.empty())
    throw nothing_to_do(products.path + ": no row has a label and what the classifier looks at");
  m.data = all.select(which);
  m.labels = label_vector(names);
  if (!products.options.group_column.empty()) m.groups = group_codes(groups);
  m.common.assign(which.size(), true);
  return m;
}

}  // namespace detail

AISLE_API recipe_search find_recipe(const catalogue& products, const embedding_table* text,
                                    const embedding_table* image, const find_recipe_options& options) {
  if (options.folds < 2)
    throw option_error("find_recipe: folds " + std::to_string(options.folds) + ", expected at least 2");
  check_columns(products, options.extra_columns);
  const detail::modality m = detail::training_modality(products, text, image);
  const std::vector<detail::row_sides> folds = detail::folds_of(m, m.all_rows(), options.folds, options.seed);
  experiment_options settings;
  settings.search_seconds = options.seconds;
  settings.search_rows = options.most_rows;
  settings.extra_columns = options.extra_columns;
  settings.threads = options.threads;
  settings.progress = options.progress;
  return detail::search_recipes({&m, 1}, {&folds, 1}, options.seed, settings).front();
}

AISLE_API pipeline train_pipeline(const catalogue& products, const embedding_table* text,
                                  const embedding_table* image, const train_options& options) {
  check_recipe(options.how, detail::name_of_inputs(text, image));
  check_columns(products, options.how.columns);
  const detail::modality m = detail::training_modality(products, text, image);
  detail::trial t;
  const detail::row_sides all{m.all_rows(), {}};
  const detail::split_features x = detail::make_features(options.how, m, all, options.threads);
  detail::learn(t, options.how, m, all.train, x, options.seed, options.threads);
  t.known = familiarity::fit(x.train.dense, m.labels);
  return detail::take_pipeline(t, m, products, detail::temperature_of(m, options));
}

AISLE_NAMESPACE_END
