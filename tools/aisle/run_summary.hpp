#pragma once

#include <string>

#include <aisle/catalogue/results.hpp>

// What `aisle run` says on the terminal.

namespace aisle_command {

/// A line a classifier: scores, and the rows behind them.
void tell_scores(const aisle::experiment_result& result);
/// How long each phase took.
void tell_phases(const aisle::experiment_result& result);
/// What was found, and what became of the rows, a line each.
void tell_findings(const aisle::experiment_result& result);

}  // namespace aisle_command
