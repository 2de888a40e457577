#pragma once

#include <string>
#include <string_view>

#include <aisle/base/config.hpp>
#include <aisle/catalogue/report/scores.hpp>

// How far the scores can be trusted, in words and tables.

AISLE_NAMESPACE_BEGIN
namespace detail::report {

/// "91.2 to 94.8"
std::string interval_text(const interval& v, int digits);
/// What of a result's headline is not what it seems, in a sentence or two: near-twins of the test rows among
/// the training rows and the score without them, or that groups kept them apart. Empty where nothing is
/// known. `m`: the classifier of the headline, null if there is none; `escape` as text.hpp has them.
std::string honesty_text(const experiment_result& result, const model_result* m,
                         std::string (*escape)(std::string_view));

/// "indistinguishable (p 0.412, 330 rows)", "differs (p 0.002, 330 rows)"; "–" where it is not known.
std::string comparison_text(const model_scores& m);
/// What the columns of intervals, calibration and comparisons mean.
inline constexpr std::string_view evidence_note =
    "Of the first split's test rows. Intervals: Wilson's for accuracy, of 1,000 resamples for macro F1, by "
    "groups where there are groups. Calibration error: how far probabilities are off the share that is "
    "right, over 15 bins, at a temperature fitted out of fold on the training rows. Against the best: "
    "McNemar's test on the rows that both were tested on; above 0.05 the difference may be chance.";

/// Intervals, calibration, and which classifiers the best one cannot be told from.
std::string evidence_section(const report_scores& all);
/// The same as Markdown; empty where nothing is known.
std::string evidence_markdown(const report_scores& all);

/// What a review of all labels found, and where it is.
std::string review_section(const experiment_result& result);
std::string review_markdown(const experiment_result& result);

}  // namespace detail::report
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/report/evidence.ipp>
#endif
