#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/catalogue/recipe.hpp>
#include <aisle/learn/metrics.hpp>
#include <aisle/learn/significance.hpp>
#include <aisle/learn/spread.hpp>
#include <aisle/tensor/matrix.hpp>

// What an experiment found, as plain data: written by catalogue/experiment, read by catalogue/report.

AISLE_NAMESPACE_BEGIN

/// One pass over the training rows of a network.
struct epoch_record {
  double loss = 0, validation_loss = 0, validation_accuracy = 0;
};

/// How right a classifier is on some rows; without rows it is not known.
struct row_score {
  std::int64_t rows = 0;
  double accuracy = 0, macro_f1 = 0;  ///< in %
};

/// How far the scores of a classifier on the first split's test rows can be trusted. What is not known (of
/// results of earlier versions, say) is empty.
struct score_evidence {
  std::optional<interval> accuracy, macro_f1;  ///< 95 % intervals, in %
  /// On the test rows that have no near-twin among the training rows (twin_findings).
  row_score without_twins = {};
  double temperature = 1;  ///< that the probabilities were brought to, fitted out of fold
  /// Expected calibration errors, in %: of the probabilities, and as the learner gave them. -1: not known.
  double calibration_error = -1, raw_calibration_error = -1;
  /// McNemar's test against the best classifier, on the test rows that both have: rows that only this one,
  /// and only the best, has right.
  std::optional<mcnemar_result> against_best = {};
  std::int64_t compared_rows = 0;

  /// Whether the best classifier could be better by chance alone (p above 0.05).
  bool indistinguishable() const noexcept { return against_best && against_best->p_value > 0.05; }
};

/// One classifier on one modality.
struct model_result {
  std::string modality;                  ///< "text", "image", "multimodal"
  std::string model;                     ///< "random_forest", "logistic_regression", "mlp"
  bool chosen = false;                   ///< best of its modality by cross-validation on the training rows
  double cross_validation_macro_f1 = 0;  ///< in %, of the first split's training rows
  /// The same on those of them that every modality has: comparable between modalities. -1: there are none.
  double cross_validation_common_macro_f1 = -1;

  /// Classes of the experiment that no training row of the first split has, of those that have what the
  /// classifier looks at: it cannot say them, and is not tested on them.
  std::vector<std::string> unknown_classes = {};

  struct split_score {
    std::uint64_t seed = 0;
    double accuracy = 0, macro_f1 = 0;  ///< in %
    std::int64_t rows = 0;              ///< tested on
    row_score common = {};              ///< on the test rows that every modality has
  };
  std::vector<split_score> splits;
  /// A score over the splits: of each what `score`, a member or a function, says of it.
  template <class Score>
  spread over_splits(Score score) const {
    std::vector<double> values;
    for (const split_score& s : splits) values.push_back(std::invoke(score, s));
    return spread::of(values);
  }
  /// A score on the common rows over the splits that have any.
  spread over_common(double row_score::*score) const {
    std::vector<double> values;
    for (const split_score& s : splits)
      if (s.common.rows > 0) values.push_back(s.common.*score);
    return spread::of(values);
  }
  /// By what classifiers of different modalities are compared.
  double cross_validated() const noexcept {
    return cross_validation_common_macro_f1 >= 0 ? cross_validation_common_macro_f1
                                                 : cross_validation_macro_f1;
  }
  /// Of the first split: how many rows stand behind the scores.
  std::int64_t rows_tested() const {
    return splits.empty() || splits.front().rows == 0 ? static_cast<std::int64_t>(test_rows.size())
                                                      : splits.front().rows;
  }
  std::int64_t common_rows_tested() const { return splits.empty() ? 0 : splits.front().common.rows; }
  double fit_seconds = 0;  ///< mean over the splits
  recipe how = {};         ///< how it was made
  score_evidence evidence = {};

  // Of the first split:
  index_vector test_rows;           ///< data rows of the catalogue
  std::vector<std::int32_t> truth;  ///< class indices
  std::vector<std::int32_t> predicted;
  matrix<float> probabilities;  ///< [test rows, classes]
  /// Of all test rows, by class indices, where only some are listed above (condense_result); else empty.
  std::vector<confusion_cell> counts;
  /// How many of those listed, from the first, are an even sample of all; -1: all rows are listed. What
  /// follows are rows that pages show.
  std::int64_t sampled = -1;
  std::vector<epoch_record> history;  ///< of the MLP, else empty
  std::int64_t best_epoch = -1;
};

/// A row that took no part, or only in part.
struct skipped_row {
  std::string file;
  std::int64_t row = 0;  ///< 0-based data row
  std::string id, column, reason;
  std::int64_t line = 0;  ///< physical line of the file, from 1; 0: unknown
};

/// What became of the rows of a catalogue: each counts once.
struct row_usage {
  std::int64_t text_and_image = 0, text_only = 0, image_only = 0;   ///< rows that took part, by what with
  std::vector<std::pair<std::string, std::int64_t>> left_out = {};  ///< why, rows; the most frequent first

  std::int64_t used() const noexcept { return text_and_image + text_only + image_only; }
  std::int64_t not_used() const noexcept {
    std::int64_t out = 0;
    for (const auto& reason : left_out) out += reason.second;
    return out;
  }
};

/// Rows that stand on both sides of the first split as good as twice: what a classifier has learnt by heart
/// looks like skill there.
struct twin_findings {
  /// Least cosine of vectors, less the mean of the training rows', that makes twins. 0: was not looked for.
  double least_cosine = 0;
  std::int64_t rows = 0;                   ///< test rows that were looked at
  std::int64_t twins = 0;                  ///< of them, those with a near-twin among the training rows
  std::int64_t same = 0;                   ///< of the twins, those with the very text of a training row
  std::int64_t by_text = 0, by_image = 0;  ///< of the twins, by which vectors (or texts)
};

/// What a report shows of one product.
struct product_card {
  std::string id, name, text, image_path;  ///< image_path as it can be opened; empty if there is none
  std::int64_t line = 0;                   ///< of the file, from 1; 0: unknown
  std::int64_t row = -1;                   ///< data row, where only some products are listed
};

/// Scores of classifiers that learnt from a share of the rows: means over folds.
struct curve_point {
  double share = 1;                   ///< of the training rows of a fold
  double rows = 0;                    ///< that is so many of them
  double accuracy = 0, macro_f1 = 0;  ///< in %
  std::vector<double> class_rows;     ///< training rows of each class; of results that were read, none
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

/// What more rows would bring (find_learning_curve).
struct learning_curve {
  std::string modality, learner;
  std::int64_t folds = 0;
  std::vector<std::string> classes;
  std::vector<curve_point> points;  ///< at 12, 25, 50 and 100 %
  /// Classes of which more rows would help, those that gain most first: where the interval is above 0, the
  /// gain two points at least, and the last doubling brought no less than half of the slope.
  std::vector<curve_forecast> forecasts;
};

/// How much of a kind is odd about a catalogue (check_quality).
struct quality_count {
  std::string kind;
  std::int64_t findings = 0;  ///< of it
  std::int64_t rows = 0;      ///< that they name
  bool operator==(const quality_count&) const = default;
};

/// A class and how sure a classifier is of it.
struct likely_class {
  std::int32_t code = -1;  ///< class index
  float probability = 0;
  bool operator==(const likely_class&) const = default;
};

/// The most likely classes of a row, at most three, the likeliest first.
inline std::vector<likely_class> likeliest(std::span<const float> probabilities) {
  std::vector<likely_class> out;
  for (std::size_t c = 0; c < probabilities.size(); ++c) {
    const likely_class one{static_cast<std::int32_t>(c), probabilities[c]};
    if (out.size() == 3 && !(one.probability > out.back().probability)) continue;
    const auto place = std::find_if(out.begin(), out.end(),
                                    [&](const likely_class& o) { return one.probability > o.probability; });
    out.insert(place, one);
    if (out.size() > 3) out.pop_back();
  }
  return out;
}

/// What a classifier that has not seen a product says of it (row_verdict), as reports show it.
struct product_verdict {
  std::int64_t row = 0;              ///< data row
  std::int32_t given = -1;           ///< class of its label; -1: it has none
  std::vector<likely_class> likely;  ///< at most three, the likeliest first; none: nobody was asked
  std::int64_t suspect = -1;  ///< place among the labels that are likely wrong, the likeliest first; -1: none
};

/// What a review of all labels comes to. Without labels there was none.
struct review_totals {
  std::int64_t labelled = 0, unlabelled = 0;  ///< rows that were looked at
  std::int64_t suspects = 0;                  ///< labels that are likely wrong
  double estimated_wrong = 0;                 ///< labels, by confident learning's counts
  double precision = 0;                       ///< asked of what is filed without a person
  double threshold = 1;                       ///< probability from which it is reached
  std::int64_t filed = 0;                     ///< labelled rows that are at least as sure
  double filed_precision = 0;                 ///< of those rows
};

/// Where products lie by their vectors (map_products).
struct product_map {
  std::string of;                ///< "text", "image", "multimodal": whose vectors
  index_vector rows;             ///< data rows, ascending; some of the catalogue's where they are many
  matrix<float> tsne;            ///< [rows, 2 or 3]; empty for very few rows
  matrix<float> axes;            ///< [rows, 3]: principal components, 0 where there are fewer
  double explained = 0;          ///< share of the variance along these
  std::int64_t laid_out = 0;     ///< rows that t-SNE saw; the others lie among their nearest of those
  std::int64_t dimensions = 0;   ///< principal components that t-SNE and neighbours were found by; 0: vectors
  matrix<std::int64_t> nearest;  ///< [rows, up to 5]: data rows of the map, the nearest first
};

struct experiment_result {
  std::string catalogue, label, text_model, image_model, fusion, kernel, command;
  std::string group_column;  ///< by which rows were kept together; empty: each stood for itself
  std::int64_t groups = 0;   ///< of the rows that took part
  twin_findings twins = {};
  std::vector<std::string>
      review;                 ///< what a review of all labels found, a sentence each; empty: there was none
  review_totals totals = {};  ///< of the review
  std::vector<product_verdict> verdicts = {};  ///< of the review, by data row
  product_map map = {};                        ///< without rows: none was drawn
  learning_curve curve = {};                   ///< without points: none was drawn
  std::vector<quality_count> quality = {};     ///< every kind that was looked for; empty: none was
  std::vector<std::string> classes;            ///< names by class index
  std::vector<std::int64_t> class_counts;      ///< rows of each class that took part
  std::vector<product_card> products;     ///< by data row; some of them, ascending, where they name theirs
  std::vector<std::int64_t> text_tokens;  ///< of each row with a text, before any cut
  std::vector<std::int64_t> text_rows;    ///< rows of each of text_tokens; empty: one each
  std::int64_t truncated_texts = 0, rows = 0, rows_with_text = 0, rows_with_image = 0;
  row_usage usage;
  std::vector<recipe_search> searches;  ///< one a modality; none: recipes were given
  std::vector<model_result> models;
  std::vector<skipped_row> skipped;
  std::int64_t skipped_in_all = 0;                     ///< where not all are listed; else 0
  std::vector<std::pair<std::string, double>> phases;  ///< name, seconds; in order
  double peak_mb = 0;
  std::string created;  ///< ISO 8601, UTC

  /// What is known of the product of a data row, or null.
  const product_card* product_of(std::int64_t row) const&& = delete;
  const product_card* product_of(std::int64_t row) const& {
    if (row < 0) return nullptr;
    if (products.empty() || products.front().row < 0)
      return row < static_cast<std::int64_t>(products.size()) ? &products[static_cast<std::size_t>(row)]
                                                              : nullptr;
    const auto found = std::lower_bound(products.begin(), products.end(), row,
                                        [](const product_card& p, std::int64_t r) { return p.row < r; });
    return found != products.end() && found->row == row ? &*found : nullptr;
  }
  /// How many of the classes a classifier can say.
  std::int64_t known_classes(const model_result& m) const noexcept {
    return std::ssize(classes) - std::ssize(m.unknown_classes);
  }
  /// By what classifiers of different modalities are compared: the F1 of cross-validation, which is 0 of a
  /// class that one cannot say.
  double rank(const model_result& m) const noexcept {
    return m.cross_validated() * static_cast<double>(known_classes(m));
  }
  /// The chosen classifier that did best in cross-validation, or null.
  const model_result* best() const&& = delete;
  const model_result* best() const& {
    const model_result* out = nullptr;
    for (const model_result& m : models)
      if (m.chosen && (!out || rank(m) > rank(*out))) out = &m;
    return out;
  }
  /// The chosen classifier of a modality, or null.
  const model_result* chosen(const std::string& modality) const&& = delete;
  const model_result* chosen(const std::string& modality) const& {
    for (const model_result& m : models)
      if (m.chosen && m.modality == modality) return &m;
    return nullptr;
  }
};

AISLE_NAMESPACE_END
