#pragma once

#include <optional>
#include <string>
#include <vector>

#include <aisle/catalogue/learning_curve.hpp>
#include <aisle/catalogue/quality.hpp>
#include <aisle/catalogue/results.hpp>
#include <aisle/catalogue/review.hpp>

// What `aisle run` says on the terminal.

namespace aisle_command {

/// Whether the scores that follow are of products that were not seen: near-twins on both sides, groups.
void tell_trust(const aisle::experiment_result& result);
/// Which recipe was chosen for each modality, and why, where there was a choice.
void tell_recipes(const aisle::experiment_result& result);
/// A line a classifier: scores, and the rows behind them.
void tell_scores(const aisle::experiment_result& result);
/// How long each phase took.
void tell_phases(const aisle::experiment_result& result);
/// What was found, and what became of the rows, a line each.
void tell_findings(const aisle::experiment_result& result);

/// Every label as the best recipe sees it out of fold, what more rows would bring it, and what is odd.
struct review_findings {
  std::optional<aisle::catalogue_review> review;  ///< empty where there could be none
  aisle::learning_curve curve;
  aisle::catalogue_quality quality;
};

/// What the review found, a line each.
void tell_review(const review_findings& found);
/// The same lines.
std::vector<std::string> review_lines(const review_findings& found);

}  // namespace aisle_command
