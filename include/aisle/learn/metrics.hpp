#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/base/error.hpp>
#include <aisle/learn/labels.hpp>
#include <aisle/tensor/matrix.hpp>

// Scores of predicted labels, as scikit-learn defines them (sklearn.metrics). Truth and prediction may have
// different class lists; classes are matched by name. All throw shape_error when there are no rows or the
// lengths differ, and option_error when one side has integers and the other strings. Curves and
// probabilities: ranking_metrics.hpp.

AISLE_NAMESPACE_BEGIN

struct metric_options {
  /// Classes that are looked at, in this order, integers as decimal text; empty: all that occur, sorted.
  std::vector<std::string> labels = {};
  /// One weight a row; empty: every row counts 1.
  std::span<const double> sample_weights = {};
  /// What a score is where it would be 0/0. NaN leaves the class out of averages.
  double zero_division = 0;
};

/// Share of rows whose prediction is right.
double accuracy(const label_vector& truth, const label_vector& predicted,
                std::span<const double> sample_weights = {});

/// Precision, recall and F1 of one class or of an average.
struct prf_score {
  double precision = 0, recall = 0, f1 = 0;
};

/// Scores of every class and their three averages.
struct class_scores {
  std::vector<std::string> labels;
  std::vector<prf_score> scores;  ///< a class
  std::vector<double> support;    ///< rows of each class in the truth (their weight, if weighted)
  prf_score macro;                ///< mean of the classes
  prf_score micro;     ///< of all rows together; the accuracy where every class that occurs is looked at
  prf_score weighted;  ///< mean of the classes weighted by support
};
class_scores precision_recall_f1(const label_vector& truth, const label_vector& predicted,
                                 const metric_options& options = {});

/// Mean of the classes' F1; classes that occur on either side count.
double macro_f1(const label_vector& truth, const label_vector& predicted);

enum class normalize { none, by_truth, by_prediction, by_all };

/// counts(i, j): rows of class i predicted as j.
struct confusion {
  std::vector<std::string> labels;
  matrix<double> counts;  ///< [classes, classes]
};
/// Rows where either side is not among options.labels are left out; a normalised row or column of zeros stays
/// zeros. Throws option_error when no label of options.labels occurs in the truth.
confusion confusion_matrix(const label_vector& truth, const label_vector& predicted,
                           const metric_options& options = {}, normalize how = normalize::none);

/// One cell of a confusion matrix that is not 0.
struct confusion_cell {
  std::int64_t truth = 0, predicted = 0;  ///< places in the list of labels
  double count = 0;
  bool operator==(const confusion_cell&) const = default;
};
/// A confusion matrix as the cells that are not 0, ascending by truth and prediction: as large as the rows
/// and the classes, not as the square of the classes.
struct sparse_confusion {
  std::vector<std::string> labels;
  std::vector<confusion_cell> cells;

  /// 0 where there is no such cell.
  double operator()(std::int64_t truth, std::int64_t predicted) const noexcept;
};
/// The same counts as confusion_matrix, which for 10,000 classes takes 800 MB.
sparse_confusion confusion_cells(const label_vector& truth, const label_vector& predicted,
                                 const metric_options& options = {});

/// Mean recall of the classes that occur in the truth.
double balanced_accuracy(const label_vector& truth, const label_vector& predicted,
                         std::span<const double> sample_weights = {});
/// Cohen's kappa; NaN when both sides are the same single class.
double cohen_kappa(const label_vector& truth, const label_vector& predicted,
                   const metric_options& options = {});
/// Matthews' correlation coefficient, multiclass (Gorodkin 2004); 0 where a side has a single class.
double matthews_correlation(const label_vector& truth, const label_vector& predicted,
                            std::span<const double> sample_weights = {});

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/learn/metrics.ipp>
#endif
