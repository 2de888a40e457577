#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/catalogue/results.hpp>
#include <aisle/learn/metrics.hpp>
#include <aisle/learn/ranking_metrics.hpp>

// Every number of the reports, worked out once.

AISLE_NAMESPACE_BEGIN
namespace detail::report {

/// One class against the rest.
struct class_curve {
  std::int32_t label = 0;  ///< class index
  roc_points points;
  double auc = 0;
};

/// One classifier on one modality. Classes are those that occur in the truth or the predictions, by index.
struct model_scores {
  const model_result* model = nullptr;
  double accuracy_mean = 0, accuracy_sd = 0, macro_f1_mean = 0, macro_f1_sd = 0;  ///< in %, over the splits
  // Of the first split; empty without test rows:
  std::vector<std::int32_t> labels;
  class_scores per_class;
  sparse_confusion counts;            ///< in the order of `labels`
  double rows = 0, wrong = 0;         ///< tested on; of them put into a wrong class
  std::string classification_report;  ///< scikit-learn's layout
  std::vector<class_curve> curves;    ///< of the classes that can have one; empty without probabilities
  roc_points macro_curve;             ///< mean of the curves
  double macro_auc = 0;               ///< mean of the curves' areas

  double common_accuracy = 0, common_macro_f1 = 0;  ///< on the common rows, means; NaN where there are none

  bool several() const noexcept { return model->splits.size() > 1; }
};

struct report_scores {
  const experiment_result* result = nullptr;
  std::vector<std::string> names;    ///< of the classes, fit for print
  std::vector<model_scores> models;  ///< multimodal, image, text; in each the chosen one first
  std::vector<std::string> modalities;

  std::vector<const model_scores*> of(const std::string& modality) const;
  /// The chosen classifier of a modality, else its best by mean macro F1; null if there is none.
  const model_scores* chosen(const std::string& modality) const;
  /// The chosen classifier of the highest macro F1 in cross-validation, which the test rows had no part in,
  /// on the rows that all modalities have; null without models.
  const model_scores* best() const;
  /// Whether some classifier was tested on rows that another modality has not.
  bool rows_differ() const;
  std::string name(std::int32_t label) const { return names[static_cast<std::size_t>(label)]; }
};

/// The counts of a classifier's test rows, by class indices; all of them must be listed.
std::vector<confusion_cell> cells_of(const model_result& model);
/// Whether condense_result would leave something out.
bool is_large(const experiment_result& result, std::int64_t rows);
/// Throws shape_error when parts of the result do not fit each other.
void check_result(const experiment_result& result);
/// `result` must outlive what is returned.
report_scores score_result(const experiment_result& result);
/// "price, maker": columns beside texts and pictures that classifiers looked at; empty: none.
std::string extra_columns(const experiment_result& result);

/// A test row that a report shows.
struct shown_row {
  std::int64_t row = 0;  ///< data row of the catalogue
  std::int32_t truth = 0, predicted = 0;
  float probability = 0, truth_probability = 0;  ///< NaN without probabilities
};
/// Wrong predictions, the most confident first.
std::vector<shown_row> confident_mistakes(const model_result& model, std::size_t limit);
/// Right predictions: every class's most confident one, then every class's second.
std::vector<shown_row> confident_hits(const model_result& model, std::size_t limit);

/// Places in scores.labels of at most `limit` classes, ascending: those of the most rows that are mixed up
/// with another class (as the true one or as the predicted), the larger first among equals.
std::vector<std::int64_t> most_confused(const model_scores& scores, std::size_t limit);

/// Places in scores.curves of those of the smallest areas, ascending.
std::vector<std::size_t> weakest_curves(const model_scores& scores, std::size_t limit);

/// Pairs of classes that are taken for each other most.
struct mix_up {
  std::int32_t truth = 0, predicted = 0;
  std::int64_t rows = 0;
  double share = 0;  ///< of the rows of `truth`
};
std::vector<mix_up> frequent_mix_ups(const model_scores& scores, std::size_t limit);

}  // namespace detail::report
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/report/scores.ipp>
#endif
