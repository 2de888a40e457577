#pragma once

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <map>
#include <optional>
#include <utility>

#include <aisle/base/parallel.hpp>
#include <aisle/base/process.hpp>
#include <aisle/catalogue/experiment.hpp>
#include <aisle/learn/metrics.hpp>
#include <aisle/learn/split.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// "2026-01-31T23:59:58Z".
AISLE_API std::string utc_now() {
  using namespace std::chrono;
  const auto now = floor<seconds>(system_clock::now());
  const auto day = floor<days>(now);
  const year_month_day date(day);
  const hh_mm_ss time(now - day);
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()));
  return text;
}

/// The row of a learner that experiments train.
AISLE_API const learner_kind<float>& experiment_learner(std::string_view name) {
  const learner_kind<float>& kind = find_learner<float>(name);
  if (kind.make_for_experiment == nullptr)
    throw option_error("experiments do not train learner \"" + std::string(name) + "\"");
  return kind;
}

/// Who takes part in an experiment.
struct chosen_rows {
  index_vector rows;
  std::vector<std::string> labels;
  std::vector<skipped_row> skipped;  ///< those with a label who do not
};

/// Rows with a label among `can`, less what the split file (null: none) drops and what is then the only row
/// of its class.
AISLE_API chosen_rows choose_rows(const catalogue& products, const split_file* splits,
                                  const std::vector<bool>& can) {
  chosen_rows out;
  std::vector<bool> dropped(can.size(), false);
  if (splits)
    for (const std::int64_t r : splits->dropped)
      if (r < products.data_rows) dropped[static_cast<std::size_t>(r)] = true;
  std::vector<const product*> taking_part;
  std::map<std::string, std::int64_t> counts;
  const std::string& column = products.options.label_column;
  for (const product& p : products.products) {
    const auto row = static_cast<std::size_t>(p.row);
    if (p.label.empty() || !can[row]) continue;
    if (dropped[row]) {
      out.skipped.push_back(products.problem(p, column, "dropped by " + splits->path));
      continue;
    }
    ++counts[p.label];
    taking_part.push_back(&p);
  }
  for (const product* p : taking_part) {
    if (counts[p->label] < 2) {
      out.skipped.push_back(products.problem(*p, column, "the only row of class \"" + p->label + "\""));
      continue;
    }
    out.rows.push_back(p->row);
    out.labels.push_back(p->label);
  }
  return out;
}

AISLE_API void sort_by_row(std::vector<skipped_row>& rows) {
  std::stable_sort(rows.begin(), rows.end(),
                   [](const skipped_row& a, const skipped_row& b) { return a.row < b.row; });
}

[[noreturn]] AISLE_API void throw_no_labels(const catalogue& products, std::vector<skipped_row> skipped) {
  throw nothing_to_do(products.path + ": no row has a label that others share and a text or a picture (" +
                          std::to_string(products.data_rows) + " rows)",
                      std::move(skipped));
}

class experiment_run {
 public:
  experiment_run(const catalogue& products, const embedding_table* text, const embedding_table* image,
                 const experiment_options& options)
      : products_(products), text_(text), image_(image), options_(options), clock_(out_.result.phases) {
    for (const std::string& name : options.learners) learners_.push_back(&experiment_learner(name));
  }

  experiment run() {
    describe();
    choose_rows();
    make_splits();
    make_modalities();
    clock_.lap("split");
    cross_validate();
    train();
    out_.result.peak_mb = static_cast<double>(peak_resident_bytes()) / 1e6;
    return std::move(out_);
  }

 private:
  enum side : char { nowhere, training, testing };

  struct modality {
    std::string name;
    bool text = false, image = false;
    modality_rows data = {};
    label_vector labels = {};
  };

  /// Rows of a modality (their place in it) on both sides.
  struct local_split {
    index_vector train, test;
  };

  /// A fit and what came of it.
  struct trial {
    std::size_t modality = 0, learner = 0, part = 0;  ///< part: split or fold
    std::string failure = {};
    double accuracy = 0, macro_f1 = 0, seconds = 0;  ///< scores in %
    // Kept for the first split:
    modality_fusion fusion = {};
    std::shared_ptr<classifier<float>> fitted = {};
    matrix<float> probabilities = {};
    label_vector predicted = {};
  };

  void describe() {
    auto& r = out_.result;
    r.catalogue = products_.path;
    r.label = products_.options.label_column;
    r.text_model = text_ ? text_->model : "";
    r.image_model = image_ ? image_->model : "";
    r.fusion = name_of(options_.fusion.kind);
    r.kernel = text_ ? text_->kernel : image_ ? image_->kernel : "";
    r.created = utc_now();
    r.rows = products_.data_rows;
    r.rows_with_text = text_ ? static_cast<std::int64_t>(text_->rows.size()) : 0;
    r.rows_with_image = image_ ? static_cast<std::int64_t>(image_->rows.size()) : 0;
    r.text_tokens = text_ ? text_->tokens : std::vector<std::int64_t>{};
    r.truncated_texts = text_ ? text_->truncated : 0;
    r.products.resize(static_cast<std::size_t>(products_.data_rows));
    const auto name = name_column();
    // A report may be made again from any folder.
    const auto absolute = [](const std::string& path) {
      if (path.empty()) return path;
      return std::filesystem::absolute(path).lexically_normal().string();
    };
    for (const product& p : products_.products)
      r.products[static_cast<std::size_t>(p.row)] = {
          p.id, name && !p.fields[*name].empty() ? p.fields[*name] : p.id, p.text, absolute(p.image_path)};
    r.skipped = products_.problems;
    if (image_) r.skipped.insert(r.skipped.end(), image_->problems.begin(), image_->problems.end());
  }

  /// What people call a product by: its name, or else the first of its text columns.
  std::optional<std::size_t> name_column() const {
    if (const auto name = products_.find_column("name")) return name;
    const auto& texts = products_.options.text_columns;
    return texts.empty() ? std::nullopt : products_.find_column(texts.front());
  }

  void choose_rows() {
    std::vector<bool> has_vector(static_cast<std::size_t>(products_.data_rows), false);
    for (const embedding_table* table : {text_, image_})
      if (table)
        for (const std::int64_t r : table->rows) has_vector[static_cast<std::size_t>(r)] = true;
    chosen_rows chosen = detail::choose_rows(products_, options_.splits, has_vector);
    auto& skipped = out_.result.skipped;
    skipped.insert(skipped.end(), chosen.skipped.begin(), chosen.skipped.end());
    sort_by_row(skipped);
    if (chosen.rows.empty()) throw_no_labels(products_, skipped);
    rows_ = std::move(chosen.rows);
    labels_ = label_vector(chosen.labels);
    out_.result.classes = labels_.classes().names();
    out_.result.class_counts = labels_.counts();
  }

  void make_splits() {
    const auto rows = static_cast<std::size_t>(products_.data_rows);
    const auto place = [&](std::uint64_t seed, const index_vector& test) {
      std::vector<side> sides(rows, nowhere);
      for (const std::int64_t r : rows_) sides[static_cast<std::size_t>(r)] = training;
      for (const std::int64_t r : test) {
        auto& s = sides[static_cast<std::size_t>(r)];
        if (s == training) s = testing;
      }
      splits_.push_back({seed, std::move(sides)});
    };
    if (options_.splits) {
      for (const catalogue_split& s : options_.splits->splits) place(s.seed, s.test);
      return;
    }
    const split_rows s = stratified_split(labels_, {.test_size = options_.test_size, .seed = options_.seed});
    index_vector test;
    for (const std::int64_t i : s.test) test.push_back(rows_[static_cast<std::size_t>(i)]);
    place(options_.seed, test);
  }

  void make_modalities() {
    if (text_ && image_) add_modality("multimodal", text_, image_);
    if (image_) add_modality("image", nullptr, image_);
    if (text_) add_modality("text", text_, nullptr);
    if (modalities_.empty())
      throw nothing_to_do(products_.path +
                          ": no modality has rows of two classes to train on and rows to test on");
  }

  void add_modality(const char* name, const embedding_table* text, const embedding_table* image) {
    modality m{.name = name, .text = text != nullptr, .image = image != nullptr};
    modality_rows all = join_modalities(text, image);
    index_vector local, of_labels;
    for (std::size_t i = 0, l = 0; i < all.rows.size() && l < rows_.size();) {
      if (all.rows[i] == rows_[l]) {
        local.push_back(static_cast<std::int64_t>(i++));
        of_labels.push_back(static_cast<std::int64_t>(l++));
      } else if (all.rows[i] < rows_[l]) {
        ++i;
      } else {
        ++l;
      }
    }
    m.data = all.select(local);
    m.labels = labels_.rows(of_labels);
    for (std::size_t s = 0; s < splits_.size(); ++s) {
      const local_split sides = split_of(m, s);
      const auto counts = m.labels.rows(sides.train).counts();
      if (sides.test.empty() ||
          std::count_if(counts.begin(), counts.end(), [](auto n) { return n > 0; }) < 2) {
        warn("modality " + m.name + " is left out: split " + std::to_string(s) +
             " leaves no rows of two classes to train on or none to test on");
        return;
      }
    }
    modalities_.push_back(std::move(m));
  }

  local_split split_of(const modality& m, std::size_t split) const {
    local_split out;
    for (std::size_t i = 0; i < m.data.rows.size(); ++i) {
      const side s = splits_[split].second[static_cast<std::size_t>(m.data.rows[i])];
      if (s == nowhere) continue;
      (s == training ? out.train : out.test).push_back(static_cast<std::int64_t>(i));
    }
    return out;
  }

  void cross_validate() {
    mean_f1_.assign(modalities_.size(), std::vector<double>(learners_.size(), -1));
    if (options_.folds == 0) return;
    std::vector<std::vector<local_split>> folds;
    std::vector<trial> trials;
    for (std::size_t m = 0; m < modalities_.size(); ++m) {
      const index_vector train = split_of(modalities_[m], 0).train;
      const int count =
          static_cast<int>(std::min<std::size_t>(static_cast<std::size_t>(options_.folds), train.size()));
      auto& of_modality = folds.emplace_back();
      for (auto& f :
           stratified_folds(modalities_[m].labels.rows(train), {.folds = count, .seed = splits_[0].first})) {
        for (index_vector* part : {&f.train, &f.test})
          for (std::int64_t& i : *part) i = train[static_cast<std::size_t>(i)];
        of_modality.push_back({std::move(f.train), std::move(f.test)});
      }
      for (std::size_t f = 0; f < of_modality.size(); ++f)
        for (std::size_t l = 0; l < learners_.size(); ++l)
          trials.push_back({.modality = m, .learner = l, .part = f});
    }
    run_trials("cross-validation", trials, [&](trial& t) {
      fit(t, folds[t.modality][t.part], splits_[0].first);
      t.fitted.reset();
    });
    for (std::size_t m = 0; m < modalities_.size(); ++m)
      for (std::size_t l = 0; l < learners_.size(); ++l) {
        double sum = 0, count = 0;
        for (const trial& t : trials)
          if (t.modality == m && t.learner == l && t.failure.empty()) sum += t.macro_f1, ++count;
        if (count > 0) mean_f1_[m][l] = sum / count;
      }
    clock_.lap("cross-validation");
  }

  void train() {
    std::vector<trial> trials;
    for (std::size_t m = 0; m < modalities_.size(); ++m)
      for (std::size_t s = 0; s < splits_.size(); ++s)
        for (std::size_t l = 0; l < learners_.size(); ++l)
          trials.push_back({.modality = m, .learner = l, .part = s});
    run_trials("training", trials, [&](trial& t) {
      fit(t, split_of(modalities_[t.modality], t.part), splits_[t.part].first);
      if (t.part > 0) {  // only the first split's are kept
        t.fitted.reset();
        t.probabilities = {};
        t.predicted = {};
      }
    });
    for (std::size_t m = 0; m < modalities_.size(); ++m)
      for (std::size_t l = 0; l < learners_.size(); ++l) collect(m, l, trials);
    for (std::size_t m = 0; m < modalities_.size(); ++m) {
      model_result* best = nullptr;
      for (model_result& r : out_.result.models)
        if (r.modality == modalities_[m].name && options_.folds > 0 &&
            (!best || r.cross_validation_macro_f1 > best->cross_validation_macro_f1))
          best = &r;
      if (best) best->chosen = true;
    }
    if (out_.result.models.empty()) throw nothing_to_do(products_.path + ": no learner could be trained");
    clock_.lap("training");
  }

  void collect(std::size_t m, std::size_t l, std::vector<trial>& trials) {
    const modality& from = modalities_[m];
    model_result r;
    r.modality = from.name;
    r.model = learners_[l]->name;
    r.cross_validation_macro_f1 = std::max(0.0, mean_f1_[m][l]);
    trial* first = nullptr;
    for (trial& t : trials) {
      if (t.modality != m || t.learner != l) continue;
      if (!t.failure.empty()) {
        warn(r.model + " on " + r.modality + " is left out: " + t.failure);
        return;
      }
      if (t.part == 0) first = &t;
      r.splits.push_back({splits_[t.part].first, t.accuracy, t.macro_f1});
      r.fit_seconds += t.seconds / static_cast<double>(splits_.size());
    }
    const local_split sides = split_of(from, 0);
    for (const std::int64_t i : sides.test) {
      r.test_rows.push_back(from.data.rows[static_cast<std::size_t>(i)]);
      r.truth.push_back(from.labels.codes()[static_cast<std::size_t>(i)]);
    }
    r.predicted.assign(first->predicted.codes().begin(), first->predicted.codes().end());
    r.probabilities = std::move(first->probabilities);
    if (const auto* network = dynamic_cast<const mlp<float>*>(first->fitted.get())) {
      for (const mlp_epoch& e : network->history())
        r.history.push_back({e.loss, e.validation_loss, e.validation_accuracy});
      r.best_epoch = network->best_epoch();
    }
    out_.result.models.push_back(std::move(r));

    pipeline p;
    p.modality = from.name;
    p.label = products_.options.label_column;
    if (from.text)
      p.text = {text_->model, text_->weights_sha256, text_->preset, products_.options.text_columns};
    if (from.image) p.image = {image_->model, image_->weights_sha256, image_->preset, {}};
    p.fusion = std::move(first->fusion);
    p.learner = std::move(first->fitted);
    out_.pipelines.push_back(std::move(p));
  }

  /// Runs all trials side by side: a fit on one thread wastes none. Few trials run one after the other
  /// instead, each on all threads.
  template <class Run>
  void run_trials(std::string_view phase, std::vector<trial>& trials, Run run) {
    const auto count = static_cast<std::int64_t>(trials.size());
    const int threads = thread_budget(options_.threads);
    const bool side_by_side = count >= threads;
    inner_threads_ = side_by_side ? 1 : threads;
    shared_progress progress(options_.progress, {.phase = phase, .total = count, .unit = "fits"});
    parallel_for(count, side_by_side ? threads : 1, [&](std::int64_t i) {
      run(trials[static_cast<std::size_t>(i)]);
      progress.add(1);
    });
  }

  void fit(trial& t, const local_split& sides, std::uint64_t seed) const {
    const modality& m = modalities_[t.modality];
    try {
      const modality_rows train = m.data.select(sides.train), test = m.data.select(sides.test);
      t.fusion = modality_fusion::fit(train.views(), options_.fusion);
      const matrix<float> x = t.fusion.transform(train.views());
      const auto start = std::chrono::steady_clock::now();
      t.fitted = learners_[t.learner]->make_for_experiment(seed, inner_threads_);
      t.fitted->fit(x, m.labels.rows(sides.train));
      t.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      const matrix<float> unseen = t.fusion.transform(test.views());
      t.probabilities = t.fitted->predict_proba(unseen);
      t.predicted = t.fitted->predict(unseen);
      const label_vector truth = m.labels.rows(sides.test);
      t.accuracy = 100 * accuracy(truth, t.predicted);
      t.macro_f1 = 100 * aisle::macro_f1(truth, t.predicted);
    } catch (const error& e) {
      t.failure = e.what();
    }
  }

  void warn(const std::string& what) const {
    if (options_.on_warning) options_.on_warning(what);
  }

  const catalogue& products_;
  const embedding_table *text_, *image_;
  const experiment_options& options_;
  experiment out_;
  phase_clock clock_;
  std::vector<const learner_kind<float>*> learners_;
  index_vector rows_;  // data rows that take part, and their labels
  label_vector labels_;
  std::vector<std::pair<std::uint64_t, std::vector<side>>> splits_;  // seed, side of each data row
  std::vector<modality> modalities_;
  std::vector<std::vector<double>> mean_f1_;  // [modality][learner], -1 where there is none
  int inner_threads_ = 1;
};

}  // namespace detail

AISLE_API std::vector<std::string> experiment_learners() {
  std::vector<std::string> out;
  for (const learner_kind<float>& kind : learner_kinds<float>)
    if (kind.make_for_experiment != nullptr) out.emplace_back(kind.name);
  return out;
}

AISLE_API void check_experiment(const catalogue& products, const experiment_options& options) {
  const std::string& label = products.options.label_column;
  if (label.empty())
    throw option_error(products.path + ": read without a label column, expected the column of the classes");
  if (options.folds < 0 || options.folds == 1)
    throw option_error("experiment: folds " + std::to_string(options.folds) + ", expected 0 or at least 2");
  if (options.learners.empty()) throw option_error("an experiment without learners");
  for (const std::string& name : options.learners) detail::experiment_learner(name);
  if (options.splits) {
    const split_file& file = *options.splits;
    if (file.rows >= 0 && file.rows != products.data_rows)
      throw option_error(file.path + ": splits of " + std::to_string(file.rows) + " rows, " + products.path +
                         " has " + std::to_string(products.data_rows));
    if (!file.label.empty() && file.label != label)
      throw option_error(file.path + ": splits for label " + file.label + ", not for " + label);
    for (const catalogue_split& s : file.splits)
      for (const std::int64_t r : s.test)
        if (r >= products.data_rows)
          throw option_error(file.path + ": the split of seed " + std::to_string(s.seed) + " tests row " +
                             std::to_string(r) + ", " + products.path + " has " +
                             std::to_string(products.data_rows));
  } else if (!(options.test_size > 0 && options.test_size < 1)) {
    throw option_error("test_size is " + std::to_string(options.test_size) + ", expected between 0 and 1");
  }
  const std::vector<bool> all(static_cast<std::size_t>(products.data_rows), true);
  detail::chosen_rows chosen = detail::choose_rows(products, options.splits, all);
  if (!chosen.rows.empty()) return;
  std::vector<skipped_row> skipped = products.problems;
  skipped.insert(skipped.end(), chosen.skipped.begin(), chosen.skipped.end());
  detail::sort_by_row(skipped);
  detail::throw_no_labels(products, std::move(skipped));
}

AISLE_API experiment run_experiment(const catalogue& products, const embedding_table* text,
                                    const embedding_table* image, const experiment_options& options) {
  check_experiment(products, options);
  return detail::experiment_run(products, text, image, options).run();
}

AISLE_API pipeline train_pipeline(const catalogue& products, const embedding_table* text,
                                  const embedding_table* image, const train_options& options) {
  if (products.options.label_column.empty())
    throw option_error(products.path + ": read without a label column, expected the column of the classes");
  const modality_rows all = join_modalities(text, image);
  index_vector which;
  std::vector<std::string> names;
  std::size_t at = 0;
  for (std::size_t i = 0; i < all.rows.size(); ++i) {
    while (products.products[at].row < all.rows[i]) ++at;
    if (products.products[at].label.empty()) continue;
    which.push_back(static_cast<std::int64_t>(i));
    names.push_back(products.products[at].label);
  }
  if (which.empty())
    throw nothing_to_do(products.path + ": no row has a label and what the classifier looks at");
  const modality_rows rows = all.select(which);
  pipeline out;
  out.modality = text && image ? "multimodal" : text ? "text" : "image";
  out.label = products.options.label_column;
  if (text) out.text = {text->model, text->weights_sha256, text->preset, products.options.text_columns};
  if (image) out.image = {image->model, image->weights_sha256, image->preset, {}};
  out.fusion = modality_fusion::fit(rows.views(), options.fusion);
  std::shared_ptr<classifier<float>> learner =
      detail::experiment_learner(options.learner).make_for_experiment(options.seed, options.threads);
  learner->fit(out.fusion.transform(rows.views()), label_vector(names));
  out.learner = std::move(learner);
  return out;
}

AISLE_NAMESPACE_END
