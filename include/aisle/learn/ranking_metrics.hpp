#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <ranges>
#include <span>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/base/error.hpp>
#include <aisle/learn/labels.hpp>
#include <aisle/tensor/matrix.hpp>

// Scores of rankings and probabilities, as scikit-learn defines them (sklearn.metrics). A binary truth is one
// flag a row, not 0 for a positive. All throw shape_error when there are no rows or the sizes differ, and
// option_error for a score that is NaN.

AISLE_NAMESPACE_BEGIN

namespace detail {
template <class Flags>
concept flag_range =
    std::ranges::input_range<const Flags&> && std::integral<std::ranges::range_value_t<const Flags&>> &&
    !std::convertible_to<const Flags&, std::span<const std::uint8_t>>;
template <class Flags>
std::vector<std::uint8_t> as_flags(const Flags& flags) {
  std::vector<std::uint8_t> out;
  for (const auto flag : flags) out.push_back(flag != 0);
  return out;
}
inline matrix<double> as_double(matrix_view<const float> m) {
  matrix<double> out(m.rows(), m.cols());
  for (std::int64_t r = 0; r < m.rows(); ++r) std::copy_n(m.row(r).data(), m.cols(), out.row(r).data());
  return out;
}
}  // namespace detail

struct curve_options {
  /// Leaves out points that lie on a straight line between their neighbours (ROC only).
  bool drop_intermediate = true;
  /// One weight a row; rows of weight 0 are left out; empty: every row counts 1.
  std::span<const double> sample_weights = {};
};

/// Points of a ROC curve by falling threshold; the first is (0, 0) at infinity. Without negatives fpr is NaN,
/// without positives tpr.
struct roc_points {
  std::vector<double> fpr, tpr, thresholds;
};
roc_points roc_curve(std::span<const std::uint8_t> positive, std::span<const double> scores,
                     const curve_options& options = {});

/// Area under points by the trapezoidal rule; x must rise or fall throughout. Throws option_error if it does
/// not or there are fewer than two points.
double auc(std::span<const double> x, std::span<const double> y);
/// Area under the ROC curve; NaN where one side is missing.
double roc_auc(std::span<const std::uint8_t> positive, std::span<const double> scores,
               std::span<const double> sample_weights = {});

/// Points by rising threshold; a last point (precision 1, recall 0) has no threshold. Recall is 1 without
/// positives.
struct precision_recall_points {
  std::vector<double> precision, recall, thresholds;
};
precision_recall_points precision_recall_curve(std::span<const std::uint8_t> positive,
                                               std::span<const double> scores,
                                               std::span<const double> sample_weights = {});
/// Sum of precision times the step in recall; not interpolated.
double average_precision(std::span<const std::uint8_t> positive, std::span<const double> scores,
                         std::span<const double> sample_weights = {});

/// Areas under the ROC curves of a problem of several classes. `probabilities` is [rows, classes], its
/// columns the classes of `truth` in code order.
struct multiclass_auc {
  std::vector<double> per_class;   ///< one against the rest; NaN for a class without rows (or with all)
  double macro = 0;                ///< mean of the classes; NaN when one of them is
  double weighted = 0;             ///< weighted by rows in the truth; classes without rows do not count
  double micro = 0;                ///< of all (row, class) pairs together
  double one_vs_one_macro = 0;     ///< mean over pairs of classes that occur (Hand, Till 2001)
  double one_vs_one_weighted = 0;  ///< the same weighted by the pair's share of the rows
};
multiclass_auc roc_auc(const label_vector& truth, matrix_view<const double> probabilities);
inline multiclass_auc roc_auc(const label_vector& truth, matrix_view<const float> probabilities) {
  return roc_auc(truth, detail::as_double(probabilities));
}
/// Truth and scores of all (row, class) pairs, row by row: what the micro-averaged curves are made of.
std::vector<std::uint8_t> one_hot(const label_vector& truth);

/// Mean of -log p(true class). Probabilities are clipped at the epsilon of their type and not renormalised;
/// right and certain is therefore that epsilon, not 0.
double log_loss(const label_vector& truth, matrix_view<const double> probabilities,
                std::span<const double> sample_weights = {});
double log_loss(const label_vector& truth, matrix_view<const float> probabilities,
                std::span<const double> sample_weights = {});

/// Share of rows whose class is among the k of highest probability; of equal ones the higher code ranks
/// better.
double top_k_accuracy(const label_vector& truth, matrix_view<const double> probabilities, std::int64_t k);
inline double top_k_accuracy(const label_vector& truth, matrix_view<const float> probabilities,
                             std::int64_t k) {
  return top_k_accuracy(truth, detail::as_double(probabilities), k);
}

/// The scores of a binary truth for flags of any integer type, bool among them.
template <detail::flag_range Flags>
roc_points roc_curve(const Flags& positive, std::span<const double> scores,
                     const curve_options& options = {}) {
  return roc_curve(detail::as_flags(positive), scores, options);
}
template <detail::flag_range Flags>
double roc_auc(const Flags& positive, std::span<const double> scores,
               std::span<const double> sample_weights = {}) {
  return roc_auc(detail::as_flags(positive), scores, sample_weights);
}
template <detail::flag_range Flags>
precision_recall_points precision_recall_curve(const Flags& positive, std::span<const double> scores,
                                               std::span<const double> sample_weights = {}) {
  return precision_recall_curve(detail::as_flags(positive), scores, sample_weights);
}
template <detail::flag_range Flags>
double average_precision(const Flags& positive, std::span<const double> scores,
                         std::span<const double> sample_weights = {}) {
  return average_precision(detail::as_flags(positive), scores, sample_weights);
}
/// And for scores in float.
template <std::ranges::input_range Flags>
roc_points roc_curve(const Flags& positive, std::span<const float> scores,
                     const curve_options& options = {}) {
  return roc_curve(detail::as_flags(positive), std::vector<double>(scores.begin(), scores.end()), options);
}
template <std::ranges::input_range Flags>
double roc_auc(const Flags& positive, std::span<const float> scores,
               std::span<const double> sample_weights = {}) {
  return roc_auc(detail::as_flags(positive), std::vector<double>(scores.begin(), scores.end()),
                 sample_weights);
}
template <std::ranges::input_range Flags>
precision_recall_points precision_recall_curve(const Flags& positive, std::span<const float> scores,
                                               std::span<const double> sample_weights = {}) {
  return precision_recall_curve(detail::as_flags(positive), std::vector<double>(scores.begin(), scores.end()),
                                sample_weights);
}
template <std::ranges::input_range Flags>
double average_precision(const Flags& positive, std::span<const float> scores,
                         std::span<const double> sample_weights = {}) {
  return average_precision(detail::as_flags(positive), std::vector<double>(scores.begin(), scores.end()),
                           sample_weights);
}

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/learn/ranking_metrics.ipp>
#endif
