#pragma once

#include <algorithm>
#include <set>

#include <aisle/base/counted.hpp>
#include <aisle/base/file.hpp>
#include <aisle/base/ranges.hpp>
#include <aisle/catalogue/detail/evidence_json.hpp>
#include <aisle/catalogue/detail/recipe_json.hpp>
#include <aisle/catalogue/detail/review_json.hpp>
#include <aisle/catalogue/experiment.hpp>
#include <aisle/io/csv.hpp>
#include <aisle/io/json.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// Rows of a list in a split file, each once.
AISLE_API index_vector read_split_rows(const json& list, std::int64_t rows) {
  index_vector out = list.as_vector<std::int64_t>();
  index_vector sorted = out;
  std::sort(sorted.begin(), sorted.end());
  if (const auto twice = std::adjacent_find(sorted.begin(), sorted.end()); twice != sorted.end())
    list.fail("row " + std::to_string(*twice) + " is named twice");
  if (!sorted.empty() && (sorted.front() < 0 || (rows >= 0 && sorted.back() >= rows)))
    list.fail("row " + std::to_string(sorted.front() < 0 ? sorted.front() : sorted.back()) +
              ", expected 0 to " + (rows >= 0 ? std::to_string(rows - 1) : "the last row"));
  return out;
}

AISLE_API json to_json(const model_result& r, std::int64_t known_classes) {
  json splits = json::array();
  for (const auto& s : r.splits) {
    json one = json::object(
        {{"seed", s.seed}, {"accuracy", s.accuracy}, {"macro_f1", s.macro_f1}, {"rows", s.rows}});
    if (s.common.rows > 0)
      one["common"] = json::object(
          {{"rows", s.common.rows}, {"accuracy", s.common.accuracy}, {"macro_f1", s.common.macro_f1}});
    splits.push_back(std::move(one));
  }
  json out = json::object(
      {{"modality", r.modality}, {"model", r.model}, {"chosen", r.chosen}, {"splits", std::move(splits)}});
  const spread accuracy = r.over_splits(&model_result::split_score::accuracy),
               macro_f1 = r.over_splits(&model_result::split_score::macro_f1);
  out["accuracy_mean"] = accuracy.mean;
  out["accuracy_sd"] = accuracy.sd;
  out["macro_f1_mean"] = macro_f1.mean;
  out["macro_f1_sd"] = macro_f1.sd;
  out["rows"] = r.rows_tested();
  out["cross_validation_macro_f1"] = r.cross_validation_macro_f1;
  if (!r.unknown_classes.empty()) {
    out["known_classes"] = known_classes;
    out["unknown_classes"] = json::array_of(r.unknown_classes);
  }
  if (r.cross_validation_common_macro_f1 >= 0)
    out["cross_validation_common_macro_f1"] = r.cross_validation_common_macro_f1;
  if (r.common_rows_tested() > 0) {
    out["common_rows"] = r.common_rows_tested();
    out["common_accuracy_mean"] = r.over_common(&row_score::accuracy).mean;
    out["common_macro_f1_mean"] = r.over_common(&row_score::macro_f1).mean;
  }
  out["recipe"] = to_json(r.how);
  add_evidence(out, r.evidence);
  return out;
}

AISLE_API json to_json(const experiment_result& r, const row_usage& usage) {
  return json::object({{"all", r.rows},
                       {"used", usage.used()},
                       {"text_and_image", usage.text_and_image},
                       {"text_only", usage.text_only},
                       {"image_only", usage.image_only},
                       {"left_out", json::object_of(usage.left_out)}});
}

/// The class, other than the predicted one, of the highest probability; -1 where there is but one class.
AISLE_API std::int32_t runner_up(std::span<const float> probabilities, std::int32_t predicted) {
  std::int32_t best = -1;
  for (std::size_t c = 0; c < probabilities.size(); ++c)
    if (static_cast<std::int32_t>(c) != predicted &&
        (best < 0 || probabilities[c] > probabilities[static_cast<std::size_t>(best)]))
      best = static_cast<std::int32_t>(c);
  return best;
}

AISLE_API void write_results(const std::string& path, const experiment_result& result, const model_result& r,
                             csv_write_options how) {
  csv_writer out(path, how);
  out.field("Predictions").field("True Labels");
  out.end_row();
  for (std::size_t i = 0; i < r.truth.size(); ++i) {
    out.field(result.classes[static_cast<std::size_t>(r.predicted[i])]);
    out.field(result.classes[static_cast<std::size_t>(r.truth[i])]);
    out.end_row();
  }
  out.commit();
}

}  // namespace detail

AISLE_API split_file read_splits(const std::string& path) {
  const json file = read_json(path);
  split_file out;
  out.path = path;
  out.label = file.get("label", "");
  out.rows = file.get<std::int64_t>("rows", -1);
  if (const json* dropped = file.find("dropped")) out.dropped = detail::read_split_rows(*dropped, out.rows);
  if (const std::size_t n = file.at("splits").elements().size(); n > most_splits)
    file.at("splits").fail(std::to_string(n) + " splits, expected at most " + std::to_string(most_splits));
  for (const json& s : file.at("splits").elements()) {
    catalogue_split split{
        s.get<std::uint64_t>("seed", out.splits.size()), detail::read_split_rows(s.at("test"), out.rows), {}};
    if (split.test.empty()) s.at("test").fail("no rows to test on");
    if (const json* train = s.find("train")) {
      split.train = detail::read_split_rows(*train, out.rows);
      if (split.train.empty()) train->fail("no rows to train on");
      const std::set<std::int64_t> tested(split.test.begin(), split.test.end());
      for (const std::int64_t r : split.train)
        if (tested.contains(r)) train->fail("row " + std::to_string(r) + " is in \"test\" too");
    }
    out.splits.push_back(std::move(split));
  }
  if (out.splits.empty()) file.at("splits").fail("no splits");
  return out;
}

AISLE_API void write_metrics(const experiment_result& result, const std::string& path) {
  json models = json::array(), phases = json::object();
  for (const model_result& r : result.models) models.push_back(detail::to_json(r, result.known_classes(r)));
  for (const auto& [name, seconds] : result.phases) phases[name] = seconds;
  json metrics = json::object({{"models", std::move(models)},
                               {"rows", detail::to_json(result, result.usage)},
                               {"phases_s", std::move(phases)},
                               {"peak_mb", result.peak_mb},
                               {"kernel", result.kernel}});
  if (result.twins.least_cosine > 0) metrics["near_twins"] = detail::to_json(result.twins);
  if (!result.searches.empty()) metrics["recipes"] = detail::to_json(result.searches);
  if (!result.curve.points.empty()) metrics["learning_curve"] = detail::to_json(result.curve);
  if (!result.quality.empty()) metrics["quality"] = detail::to_json(result.quality);
  if (!result.group_column.empty())
    metrics["groups"] = json::object({{"column", result.group_column}, {"groups", result.groups}});
  write_file(path, metrics.dump(1) + "\n");
}

AISLE_API void write_predictions(const experiment_result& result, const std::string& path,
                                 csv_write_options how) {
  struct place {
    const model_result* model;
    std::size_t at;
    std::int64_t row;
  };
  std::vector<place> places;
  for (const model_result& m : result.models)
    if (m.chosen)
      for (std::size_t i = 0; i < m.test_rows.size(); ++i) places.push_back({&m, i, m.test_rows[i]});
  ranges::stable_sort(places, {}, &place::row);
  csv_writer out(path, how);
  for (const char* name : {"row", "line", "id", "name", "modality", "true_label", "predicted", "probability",
                           "runner_up", "runner_up_probability", "true_label_probability", "side"})
    out.field(name);
  out.end_row();
  for (const place& p : places) {
    const model_result& m = *p.model;
    const product_card& card = result.products.at(static_cast<std::size_t>(p.row));
    const auto probabilities = m.probabilities.row(static_cast<std::int64_t>(p.at));
    const auto class_of = [&](std::int32_t code) -> const std::string& {
      return result.classes[static_cast<std::size_t>(code)];
    };
    const std::int32_t truth = m.truth[p.at], predicted = m.predicted[p.at],
                       second = detail::runner_up(probabilities, predicted);
    out.field(p.row).field(card.line > 0 ? std::to_string(card.line) : "").field(card.id).field(card.name);
    out.field(m.modality).field(class_of(truth));
    out.field(class_of(predicted)).field(probabilities[static_cast<std::size_t>(predicted)]);
    if (second >= 0)
      out.field(class_of(second)).field(probabilities[static_cast<std::size_t>(second)]);
    else
      out.field("").field("");
    out.field(probabilities[static_cast<std::size_t>(truth)]).field("test");
    out.end_row();
  }
  out.commit();
}

AISLE_API void write_experiment(const experiment& e, results_folder& folder, csv_write_options how) {
  const experiment_result& result = e.result;
  const auto path_of = [&](const std::string& name) { return join_path(folder.staged(), name); };
  write_skipped(path_of("skipped.csv"), result.skipped, how);
  for (const model_result& r : result.models) {
    detail::write_results(path_of(r.modality + "_" + r.model + "_results.csv"), result, r, how);
    if (r.chosen) detail::write_results(path_of(r.modality + "_results.csv"), result, r, how);
  }
  for (const pipeline& p : e.pipelines) p.save(path_of(p.modality + "_" + p.how.learner + ".safetensors"));
  for (const pipeline& p : e.final_pipelines) p.save(path_of(p.modality + ".safetensors"));
  write_predictions(result, path_of("predictions.csv"), how);
  write_metrics(result, path_of("metrics.json"));
}

AISLE_API void write_experiment(const experiment& e, const std::string& folder, csv_write_options how) {
  results_folder results(folder);
  write_experiment(e, results, how);
  results.commit();
}

AISLE_API std::pair<label_vector, label_vector> read_results(const std::string& path, table_options how) {
  how.expected = {"Predictions", "True Labels"};
  table_reader table(path, std::move(how));
  const std::size_t predicted = table.column("Predictions"), truth = table.column("True Labels");
  std::vector<std::string> p, t;
  for (table_row row; table.next(row);) {
    if (row.lacks(std::max(predicted, truth)))
      throw csv_error(path, {.row = row.row,
                             .line = row.line,
                             .column = 1,
                             .reason = counted(row.fields.size() - row.missing, "field") + ", expected " +
                                       std::to_string(row.fields.size()) + " as in the header"});
    p.push_back(std::move(row.fields[predicted]));
    t.push_back(std::move(row.fields[truth]));
  }
  return {label_vector(t), label_vector(p)};
}

AISLE_NAMESPACE_END
