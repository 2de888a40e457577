#pragma once

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <map>
#include <optional>
#include <utility>

#include <aisle/catalogue/detail/experiment_results.hpp>
#include <aisle/learn/calibration.hpp>

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

/// What people call a product by: its name, or else the first of its text columns.
AISLE_API std::optional<std::size_t> name_column(const catalogue& products) {
  if (const auto name = products.find_column("name")) return name;
  const auto& texts = products.options.text_columns;
  return texts.empty() ? std::nullopt : products.find_column(texts.front());
}

AISLE_API experiment_result describe_experiment(const catalogue& products, const embedding_table* text,
                                                const embedding_table* image,
                                                const experiment_options& options) {
  experiment_result r;
  r.catalogue = products.path;
  r.label = products.options.label_column;
  r.group_column = products.options.group_column;
  r.text_model = text ? text->model : "";
  r.image_model = image ? image->model : "";
  r.fusion = name_of(options.fusion.kind);
  r.kernel = text ? text->kernel : image ? image->kernel : "";
  r.created = utc_now();
  r.rows = products.data_rows;
  r.rows_with_text = text ? static_cast<std::int64_t>(text->rows.size()) : 0;
  r.rows_with_image = image ? static_cast<std::int64_t>(image->rows.size()) : 0;
  r.text_tokens = text ? text->tokens : std::vector<std::int64_t>{};
  r.truncated_texts = text ? text->truncated : 0;
  r.products.resize(static_cast<std::size_t>(products.data_rows));
  const auto name = name_column(products);
  // A report may be made again from any folder.
  const auto absolute = [](const std::string& path) {
    if (path.empty()) return path;
    return std::filesystem::absolute(path).lexically_normal().string();
  };
  const auto shown_name = [&](const product& p) {
    const std::string called = name ? products.text_of(p.fields[*name]) : std::string();
    return called.empty() ? p.id : called;
  };
  for (const product& p : products.products)
    r.products[static_cast<std::size_t>(p.row)] = {p.id, shown_name(p), p.text, absolute(p.image_path),
                                                   p.line};
  r.skipped = products.problems;
  for (const embedding_table* table : {text, image})
    if (table) r.skipped.insert(r.skipped.end(), table->problems.begin(), table->problems.end());
  return r;
}

AISLE_API pipeline describe_pipeline(const std::string& modality, const catalogue& products,
                                     const embedding_table* text, const embedding_table* image) {
  pipeline p;
  p.modality = modality;
  p.label = products.options.label_column;
  if (text) p.text = describe_input(*text);
  if (image) p.image = describe_input(*image);
  p.reading = remember_reading(products.options);
  return p;
}

AISLE_API pipeline take_pipeline(trial& t, const modality& m, const catalogue& products, double temperature) {
  pipeline p = describe_pipeline(m.name, products, m.text, m.image);
  p.features = std::move(t.features);
  p.how = std::move(t.how);
  p.learner = std::move(t.fitted);
  p.known = std::move(t.known);
  p.temperature = temperature;
  return p;
}

/// The probabilities at the temperature of the folds, and how far they are off before and after.
AISLE_API void calibrate(model_result& r, const label_vector& truth, const matrix<float>& probabilities,
                         const fold_scores& folds) {
  r.probabilities = at_temperature(probabilities, folds.temperature);
  if (folds.macro_f1 < 0 || truth.empty()) return;  // there were no folds
  r.evidence.temperature = folds.temperature;
  r.evidence.raw_calibration_error = 100 * expected_calibration_error(truth, probabilities);
  r.evidence.calibration_error = 100 * expected_calibration_error(truth, r.probabilities);
}

AISLE_API model_result collect_result(const modality& m, std::span<trial* const> of_splits,
                                      std::span<const split_sides> splits, const fold_scores& folds) {
  model_result r;
  r.modality = m.name;
  r.cross_validation_macro_f1 = std::max(0.0, folds.macro_f1);
  r.cross_validation_common_macro_f1 = folds.common_macro_f1;
  for (const trial* t : of_splits) {
    r.splits.push_back({splits[t->part].seed, t->own.accuracy, t->own.macro_f1, t->own.rows, t->common});
    r.fit_seconds += t->seconds / static_cast<double>(of_splits.size());
  }
  trial& first = *of_splits.front();
  for (const std::int64_t i : m.sides(splits[first.part]).test) {
    r.test_rows.push_back(m.data.rows[static_cast<std::size_t>(i)]);
    r.truth.push_back(m.labels.codes()[static_cast<std::size_t>(i)]);
  }
  r.predicted.assign(first.predicted.codes().begin(), first.predicted.codes().end());
  calibrate(r, m.labels.rows(m.sides(splits[first.part]).test), first.probabilities, folds);
  if (const auto* network = dynamic_cast<const mlp<float>*>(first.fitted.get())) {
    for (const mlp_epoch& e : network->history())
      r.history.push_back({e.loss, e.validation_loss, e.validation_accuracy});
    r.best_epoch = network->best_epoch();
  }
  return r;
}

AISLE_API void mark_chosen(std::vector<model_result>& models) {
  std::map<std::string, model_result*> best;
  for (model_result& r : models) {
    model_result*& b = best[r.modality];
    if (!b || r.cross_validation_macro_f1 > b->cross_validation_macro_f1) b = &r;
  }
  for (const auto& [modality, r] : best) r->chosen = true;
}

}  // namespace detail
AISLE_NAMESPACE_END
