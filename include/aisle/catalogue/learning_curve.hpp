#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/catalogue/review.hpp>

AISLE_NAMESPACE_BEGIN

/// Scores of classifiers that learnt from a share of the rows: means over folds.
struct curve_point {
  double share = 1;                   ///< of the training rows of a fold
  double rows = 0;                    ///< that is so many of them
  double accuracy = 0, macro_f1 = 0;  ///< in %
  std::vector<double> class_rows;     ///< training rows of each class
  std::vector<double> class_f1;       ///< in %; NaN for a class that no fold tests
};

/// What more rows of a class would bring. Over the last two doublings of the rows (25, 50, 100 %) F1 is taken
/// to be a line in the logarithm of the rows, fitted in each fold; twice the rows bring its slope, no more
/// than what is left to 100 %.
struct curve_forecast {
  std::int64_t code = 0;  ///< the class
  double more_rows = 0;   ///< as many again as the folds learnt from
  double f1 = 0;          ///< now, in %
  double gain = 0;        ///< in points of F1: the mean over folds
  double low = 0;         ///< of its 95 % interval by Student's t over the folds, which
  double high = 0;        ///< share training rows: it is too narrow rather than too wide
};

struct learning_curve {
  std::string modality, learner;
  std::int64_t folds = 0;
  std::vector<std::string> classes;
  std::vector<curve_point> points;  ///< at 12, 25, 50 and 100 %
  /// Classes of which more rows would help, those that gain most first: where the interval is above 0, the
  /// gain two points at least, and the last doubling brought no less than half of the slope.
  std::vector<curve_forecast> forecasts;
};

/// Stratified folds as the review's (groups together), each fitted on 12, 25, 50 and 100 % of its training
/// rows. Smaller shares are part of the larger, class by class, whole groups where there are groups; at least
/// one row or group of each class. Of the modality asked for, or where there is none of that the first there
/// is. It fits 1.9 times what the review of the same recipe does. The same whatever the number of threads.
/// Throws as review_catalogue does.
learning_curve find_learning_curve(const catalogue& products, const embedding_table* text,
                                   const embedding_table* image, const review_options& options = {});

/// `share,training_rows,accuracy,macro_f1,class,class_rows,class_f1`: of all classes together, then a line a
/// class.
void write_learning_curve(const learning_curve& curve, const std::string& path, csv_write_options how = {});
/// For people: the curve in a sentence, and one for each of the first five forecasts.
std::vector<std::string> describe(const learning_curve& curve);

namespace detail {
/// The forecast of a class by its F1 in each fold at 25, 50 and 100 %, where it holds; `rows`: of the class,
/// that the folds learnt from.
std::optional<curve_forecast> forecast_of(std::int64_t code, const std::vector<std::array<double, 3>>& folds,
                                          double rows);
}  // namespace detail

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/learning_curve.ipp>
#endif
