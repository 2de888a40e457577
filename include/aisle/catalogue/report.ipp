#pragma once

#include <cmath>
#include <optional>
#include <unordered_map>

#include <aisle/base/file.hpp>
#include <aisle/base/ranges.hpp>
#include <aisle/catalogue/report.hpp>
#include <aisle/catalogue/report/scores.hpp>
#include <aisle/catalogue/results_folder.hpp>
#include <aisle/io/json.hpp>
#include <aisle/io/utf8.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail {

/// Whether a metrics.json is of this result: the same classifiers with the same scores.
AISLE_API bool are_of_one_experiment(const experiment_result& result, const json& metrics) {
  const json& models = metrics.at("models");
  if (models.size() != result.models.size()) return false;
  std::size_t i = 0;
  for (const json& m : models.elements()) {
    const model_result& r = result.models[i++];
    const auto same = [&](const char* name, double model_result::split_score::*score) {
      const json* theirs = m.find(name);
      return theirs == nullptr || !theirs->is_number() ||
             !(std::abs(theirs->as<double>() - r.over_splits(score).mean) > 1e-9);
    };
    if (m.get<std::string>("modality") != r.modality || m.get<std::string>("model") != r.model ||
        m.get("chosen", r.chosen) != r.chosen ||
        !same("accuracy_mean", &model_result::split_score::accuracy) ||
        !same("macro_f1_mean", &model_result::split_score::macro_f1))
      return false;
  }
  return true;
}

/// The sums that a metrics.json names, without those of the reports.
AISLE_API json sums_without_reports(const json& metrics) {
  json::object_type out;
  for (const json::member& file : metrics.at("files").members())
    if (!file.key.starts_with("report.")) out.push_back(file);
  return json(std::move(out));
}

AISLE_API std::vector<std::string> report_names() {
  return {"report.json", "report.html", "report.md", "report.ipynb"};
}

/// A class's name stands on a page dozens of times: one that is a text makes it a hundred times as large.
inline constexpr std::size_t longest_class_name = 200;  // bytes

/// With long names of classes cut, and told apart by their numbers.
AISLE_API experiment_result with_short_class_names(experiment_result result) {
  // By their number among all, wherever they are named.
  std::unordered_map<std::string, std::string> cut;
  for (std::size_t i = 0; i < result.classes.size(); ++i)
    if (const std::string& name = result.classes[i]; name.size() > longest_class_name)
      cut.emplace(name, with_ellipsis(name, longest_class_name) + " (" + std::to_string(i + 1) + ")");
  const auto shorten = [&](std::vector<std::string>& names) {
    for (std::string& name : names)
      if (const auto found = cut.find(name); found != cut.end()) name = found->second;
  };
  shorten(result.classes);
  shorten(result.curve.classes);
  for (model_result& m : result.models) shorten(m.unknown_classes);
  return result;
}

AISLE_API void write_pages(const experiment_result& full, const std::string& folder,
                           const page_options& options) {
  // First what the others can be made from again.
  save_result(full, join_path(folder, "report.json"));
  const bool long_names =
      ranges::any_of(full.classes, [](const std::string& name) { return name.size() > longest_class_name; });
  std::optional<experiment_result> shortened;
  if (long_names) shortened = with_short_class_names(full);
  const experiment_result& result = shortened ? *shortened : full;
  write_file(join_path(folder, "report.html"), report_html(result, options));
  write_file(join_path(folder, "report.md"), report_markdown(result));
  write_file(join_path(folder, "report.ipynb"), report_notebook(result));
}

AISLE_API void write_report_files(const experiment_result& result, const std::string& folder,
                                  const page_options& options) {
  if (report::is_large(result, options.rows_kept))
    write_pages(condense_result(result, options.rows_kept), folder, options);
  else
    write_pages(result, folder, options);
}

/// The report.json of a folder of results.
AISLE_API experiment_result load_checked_result(const std::string& folder) {
  const std::string path = join_path(folder, "report.json");
  // Reports that were made elsewhere stand alone.
  if (!file_exists(join_path(folder, "metrics.json")) && !has_results(folder)) return load_result(path);
  const results_reader results(folder);
  const json* files = results.metrics().find("files");
  if (files != nullptr && files->contains("report.json")) results.file("report.json");
  experiment_result out = load_result(path);
  if (!are_of_one_experiment(out, results.metrics()))
    throw format_error(path, "its scores are not those of metrics.json beside it: results of two runs");
  results.finish();
  return out;
}

AISLE_API experiment_result load_result_of_folder(const std::string& folder) {
  return read_twice(folder, [&] { return load_checked_result(folder); });
}

}  // namespace detail

AISLE_API void write_reports(const experiment_result& result, const std::string& folder,
                             const page_options& options) {
  results_folder to(folder, {.index = "report.json", .names = detail::report_names(), .sums = false});
  const std::string index = join_path(folder, "metrics.json");
  if (!file_exists(index)) {
    detail::write_report_files(result, to.staged(), options);
    return to.commit();
  }
  json metrics = read_json(index);
  if (!detail::are_of_one_experiment(result, metrics))
    throw option_error(folder + ": its metrics.json is of another experiment than these reports");
  if (!metrics.contains("files")) return detail::write_report_files(result, folder, options);
  // At no time does it name a sum that is not the file's.
  json sums = detail::sums_without_reports(metrics);
  metrics["files"] = sums;
  detail::write_metrics(metrics, folder);
  detail::write_report_files(result, folder, options);
  const json reports = detail::sums_of(folder, detail::report_names());
  for (const auto& [name, sum] : reports.members()) sums[name] = sum;
  metrics["files"] = std::move(sums);
  detail::write_metrics(metrics, folder);
}

AISLE_NAMESPACE_END
