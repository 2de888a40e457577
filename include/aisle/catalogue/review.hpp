#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/base/progress.hpp>
#include <aisle/catalogue/embeddings.hpp>
#include <aisle/catalogue/products.hpp>
#include <aisle/catalogue/recipe.hpp>
#include <aisle/catalogue/results.hpp>
#include <aisle/catalogue/results_folder.hpp>
#include <aisle/learn/label_issues.hpp>

AISLE_NAMESPACE_BEGIN

struct review_options {
  /// What the classifier looks at; rows that lack some of it are looked at by what they have. Empty: text and
  /// picture where there are both.
  std::string modality = {};
  recipe how = {};
  int folds = 5;
  std::uint64_t seed = 42;
  double precision = 0.99;  ///< with which rows may be filed without a person
  /// Probabilities that are kept, one a labelled row and class; at the peak they take 12 bytes each.
  std::int64_t most_probabilities = 100'000'000;
  int threads = 0;
  progress_callback progress{};
  warning_callback on_warning{};
};

/// What a classifier that has not seen a row says of it.
struct row_verdict {
  std::int64_t row = 0;     ///< data row
  std::string modality;     ///< by what
  std::int32_t given = -1;  ///< class of its label; -1: it has none
  std::int32_t suggested = -1;
  double probability = 0;  ///< of the suggested class, calibrated
  double given_probability = 0;
  /// Share of the suggested class's own rows that are as far from the others: near 0 it is like none of them.
  double known = 0;
  std::vector<likely_class> likely = {};  ///< the suggested class first
};

/// Rows that are nearly the same.
struct duplicate_cluster {
  std::string by;                    ///< "text", "image"
  index_vector rows;                 ///< data rows, ascending
  std::vector<std::string> differs;  ///< columns in which they differ
};

/// What a catalogue's own classifier says of the catalogue.
struct catalogue_review {
  std::vector<std::string> classes;
  std::vector<row_verdict> labelled, unlabelled;  ///< by data row
  /// Rows whose label is likely wrong (find_label_issues), the likeliest first; `row` is the place in
  /// labelled.
  std::vector<label_issue> issues;
  double estimated_wrong = 0;  ///< labels, by confident learning's counts
  /// The classifier is no better than always naming the commonest class (by the lower end of the 95 %
  /// interval of its accuracy): its doubts say nothing of the labels.
  bool knows_nothing = false;
  double precision = 0;  ///< that was asked for
  /// Against the labels as they are: wrong ones count as mistakes. Nothing is filed below
  /// least_filed_probability, nor where fewer than least_filed_rows would be.
  filing filed;  ///< from which probability on it is reached, and how many rows those are
  std::vector<duplicate_cluster> duplicates;
  std::vector<product_card> products;  ///< by data row
};

/// Adds to a result what its reports show of a review: totals and the verdict on each row. Classes go by
/// name: rows of classes that the result does not have are left out.
void add_review(experiment_result& result, const catalogue_review& review);

struct experiment_options;

namespace detail {
/// Throws option_error where there was no label column.
void check_review_label(const catalogue& products);
/// Of the fits, for `what`. Throws option_error for too few folds or an unknown modality.
experiment_options review_settings(const review_options& options, const std::string& what);
/// Throws nothing_to_do where there are more labels times classes than most_probabilities.
void check_review_size(const catalogue& products, const label_vector& labels, const review_options& options);
}  // namespace detail

/// Goes over every row that has a label and vectors: out of fold (groups together, where there is a group
/// column) and calibrated; over rows without a label by a classifier of all others; and over near-duplicates.
/// `products` must have been loaded with a label column. The same whatever the number of threads. Throws
/// option_error, and nothing_to_do when fewer than two classes can be told apart or there are more
/// probabilities than wanted.
catalogue_review review_catalogue(const catalogue& products, const embedding_table* text,
                                  const embedding_table* image, const review_options& options = {});

/// Below one half the classifier itself calls a row more likely wrong than right; and of a handful of rows no
/// precision can be told.
inline constexpr double least_filed_probability = 0.5;
inline constexpr std::int64_t least_filed_rows = 10;

/// A known share below which a row is like none of its class.
inline constexpr double least_known = 0.01;

/// `row,line,id,name,reason,label,suggested_label,probability,label_probability,known,modality`: likely wrong
/// labels, the likeliest first; then what is unlike its class, near-duplicates with another label, and what
/// is not sure enough to be filed, the least sure first. A row stands there once, with all its reasons.
void write_review(const catalogue_review& review, const std::string& path, csv_write_options how = {});
/// `row,line,id,name,suggested_label,probability,known,modality,file`: rows without a label, the surest
/// first; file says whether the precision that was asked for is reached.
void write_suggested_labels(const catalogue_review& review, const std::string& path,
                            csv_write_options how = {});
/// `cluster,by,row,line,id,name,label,differs`.
void write_duplicates(const catalogue_review& review, const std::string& path, csv_write_options how = {});
/// What was found, for people: a sentence each of labels, filing and suggestions.
std::vector<std::string> describe(const catalogue_review& review);
/// review.csv, suggested_labels.csv and duplicates.csv into `folder`.
void write_review_files(const catalogue_review& review, const std::string& folder,
                        csv_write_options how = {});
/// The files of a review that stands by itself: those, quality.csv, learning_curve.csv and their index,
/// review.json.
file_set review_files();
/// review.json with the review's totals; results_folder::commit adds the sums of the other files.
void write_review_index(const catalogue_review& review, const std::string& path);

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/review.ipp>
#include <aisle/catalogue/review_files.ipp>
#endif
