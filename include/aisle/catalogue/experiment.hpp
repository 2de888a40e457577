#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/base/progress.hpp>
#include <aisle/catalogue/embeddings.hpp>
#include <aisle/catalogue/experiment_options.hpp>
#include <aisle/catalogue/fusion.hpp>
#include <aisle/catalogue/pipeline.hpp>
#include <aisle/catalogue/results.hpp>
#include <aisle/catalogue/results_folder.hpp>
#include <aisle/learn/model_file.hpp>

AISLE_NAMESPACE_BEGIN

/// The most splits that a file may hold, each of which every classifier is fitted for.
inline constexpr std::size_t most_splits = 1000;
/// Throws file_error, format_error (no splits, more than most_splits, rows that are out of range or named
/// twice, a side without rows).
split_file read_splits(const std::string& path);

/// What is going to be looked at: rows without any of it take no part.
struct modality_use {
  bool text = true, image = true;
};

/// Finds out what of an experiment can be known before anything is embedded. Throws option_error for learners
/// that there are not, a test_size outside (0, 1) or one that leaves a side with fewer rows than classes (the
/// message has those that would do), and splits of another label, another number of rows, with rows that the
/// catalogue has not or with a side that cannot be trained or tested on; nothing_to_do when no class has two
/// rows, or all rows are of one class. Without `use` every product counts, whatever it has.
void check_experiment(const catalogue& products, const experiment_options& options,
                      std::optional<modality_use> use = std::nullopt);
/// The same for train_pipeline, which needs all that `use` names of a row: throws nothing_to_do when no row
/// has it and a label, or all that have are of one class.
void check_training(const catalogue& products, modality_use use);

/// An experiment's findings and what it trained.
struct experiment {
  experiment_result result;
  std::vector<pipeline> pipelines;        ///< on the first split, in the order of result.models: for judging
  std::vector<pipeline> final_pipelines;  ///< the chosen ones again, on the rows of both sides: for use
};

/// Trains and tests every learner on every modality that has vectors (a null table: none): text, image and,
/// where there are both, multimodal. Rows that lack one modality take part in the other. A class of one row
/// is skipped. The classifier of a modality is chosen by the mean macro F1 of stratified cross-validation on
/// the first split's training rows, and then trained again on the rows of both sides. Fits run side by side;
/// results do not depend on the number of threads. A learner that cannot be fitted on a modality (one class,
/// say) is left out with a warning. `products` must have been loaded with a label column. Throws what
/// check_experiment throws, and nothing_to_do when no row has a label and a vector, or no modality can be
/// trained on.
experiment run_experiment(const catalogue& products, const embedding_table* text,
                          const embedding_table* image, const experiment_options& options = {});

struct find_recipe_options {
  double seconds = 600;             ///< after which the search ends, in the middle of a fit if need be
  std::int64_t most_rows = 20'000;  ///< that it looks at; of more an even sample
  std::vector<std::string> extra_columns = {};  ///< of the catalogue, to look at beside the vectors
  int folds = 5;
  std::uint64_t seed = 42;
  int threads = 0;
  progress_callback progress{};
};

/// Which recipe does best in cross-validation on the rows that train_pipeline would learn from: the first of
/// `tried`. Throws what train_pipeline throws, and option_error for fewer than two folds.
recipe_search find_recipe(const catalogue& products, const embedding_table* text,
                          const embedding_table* image, const find_recipe_options& options = {});

struct train_options {
  recipe how = {};
  /// Of the cross-validation that tells how far its probabilities can be trusted; 0: they stay as they are.
  int folds = 5;
  std::uint64_t seed = 42;
  int threads = 0;
  progress_callback progress{};
};

/// One recipe followed on every row that has a label and vectors in all modalities given, for use, not for
/// judging it; its probabilities are calibrated. Throws nothing_to_do when there is no such row, and what the
/// learner throws.
pipeline train_pipeline(const catalogue& products, const embedding_table* text, const embedding_table* image,
                        const train_options& options = {});

/// `{"models": […], "rows": {…}, "phases_s": {…}, "peak_mb": …, "kernel": …}`, scores in %. In a folder of
/// results there is also `"files": {NAME: sha256, …}`.
void write_metrics(const experiment_result& result, const std::string& path);

/// Writes what `aisle run --out` holds but for the reports: metrics.json, skipped.csv, predictions.csv,
/// MODALITY_results.csv of the chosen classifiers, MODALITY_LEARNER_results.csv of all (`Predictions,True
/// Labels`, of the first split), the pipelines of the first split as MODALITY_LEARNER.safetensors and those
/// of all rows as MODALITY.safetensors. Files of these names, and reports, that an earlier experiment left
/// there and this one did not write are removed; no others are touched. All take their places together
/// (results_folder); throws what that throws.
void write_experiment(const experiment& e, const std::string& folder, csv_write_options how = {});
/// The same into `folder.staged()`, for who adds to it before `folder.commit()`.
void write_experiment(const experiment& e, results_folder& folder, csv_write_options how = {});

/// What the chosen classifiers said of the first split's test rows, a line a row and modality:
/// `row,line,id,name,modality,true_label,predicted,probability,runner_up,runner_up_probability,
/// true_label_probability,side`, by row.
void write_predictions(const experiment_result& result, const std::string& path, csv_write_options how = {});

/// Labels as a results file holds them, in the order truth, predicted. Throws csv_error, format_error.
std::pair<label_vector, label_vector> read_results(const std::string& path, table_options how = {});

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/experiment.ipp>
#include <aisle/catalogue/experiment_check.ipp>
#include <aisle/catalogue/experiment_files.ipp>
#endif
