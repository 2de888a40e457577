#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/catalogue/results.hpp>
#include <aisle/learn/significance.hpp>

// What changed between two runs.

AISLE_NAMESPACE_BEGIN

/// A class in both runs, as their best classifiers have it on their own test rows.
struct class_change {
  std::string name;
  std::optional<double> f1_before, f1_after;  ///< in %; empty where the class was not tested
  double rows_before = 0, rows_after = 0;     ///< test rows
  /// Points of F1; 0 where one side is not known.
  double change() const noexcept { return f1_before && f1_after ? *f1_after - *f1_before : 0; }
};

/// A product that both runs tested.
struct product_change {
  std::string id, name;
  std::string label_before, label_after;
  std::string said_before, said_after;
  bool right_before = false, right_after = false;
  float probability_before = 0, probability_after = 0;  ///< of what was said; NaN where it is not known
};

struct results_comparison {
  std::string best_before,
      best_after;  ///< "multimodal logistic_regression"; empty: a run without classifiers
  /// In %, of the first split of each: products are compared on it, and means over different splits are not
  /// of the same rows.
  double accuracy_before = 0, accuracy_after = 0, macro_f1_before = 0, macro_f1_after = 0;
  std::int64_t splits_before = 0, splits_after = 0;  ///< that each run was tested on
  std::int64_t rows_before = 0, rows_after = 0;      ///< that took part
  review_totals review_before = {}, review_after = {};
  std::vector<std::string> classes_gone, classes_new;  ///< by name
  std::vector<class_change> classes;                   ///< those that changed most first
  std::int64_t tested_by_both = 0;                     ///< products, told by id
  mcnemar_result test = {};                            ///< on these: only_first is right before alone
  /// Of these: right before and wrong now, and the other way round, the surest first; and those of another
  /// label.
  std::vector<product_change> worse, better, relabelled;
  bool sampled = false;  ///< a run keeps only some of its test rows: so many products can be compared
};

/// Runs by their best classifiers; products by id, and where none has one, by data row. Throws shape_error
/// when parts of a result do not fit each other.
results_comparison compare_results(const experiment_result& before, const experiment_result& after);

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/compare.ipp>
#endif
