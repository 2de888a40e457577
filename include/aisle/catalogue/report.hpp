#pragma once

#include <functional>
#include <string>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/base/error.hpp>
#include <aisle/base/progress.hpp>
#include <aisle/catalogue/results.hpp>

// What an experiment found as pages for people: HTML, a Jupyter notebook and Markdown, and as JSON that they
// can be made from again. The same result gives the same bytes. Scores are those of learn/metrics and
// learn/ranking_metrics over the first split's test rows; means and standard deviations (n - 1) are over the
// splits.

AISLE_NAMESPACE_BEGIN

struct page_options {
  int threads = 0;  ///< that make thumbnails
  /// Where a classifier was tested on more rows (or more were skipped, or there are many probabilities), the
  /// pages and report.json are made of condense_result() of the result.
  std::int64_t rows_kept = 20'000;
  /// Told when pictures cannot be read that the experiment could, or did not look at: how many, and of the
  /// first which and why.
  warning_callback on_warning{};
  /// Why a picture's file is not to be read, empty if it may be: a result that somebody else made may name
  /// any file of this machine. Unset: all are read.
  std::function<std::string(const std::string& path)> refuse_picture{};
};

/// Writes report.html, report.ipynb, report.md and report.json into `folder` (created if need be), each
/// atomically. Pictures are read from the products' image_path; one that cannot be read is left out. A
/// metrics.json that is there is told the new sums. Throws shape_error when parts of the result do not fit
/// each other (as do all functions below), option_error when metrics.json is of another experiment,
/// file_error when a file cannot be written, locked_error when somebody else writes into the folder.
void write_reports(const experiment_result& result, const std::string& folder,
                   const page_options& options = {});

/// The result with at most `rows` test rows of each classifier, skipped rows, verdicts of a review and points
/// of the map, where there are more, and 500,000 probabilities of each classifier. Counts and scores stay
/// those of all rows; the rows kept are an even sample, from which ROC curves are drawn, those that pages
/// show, and suspect labels first; of the products only theirs are kept where there are more than `rows`. A
/// catalogue of a million products gives a report of some 20 MB.
experiment_result condense_result(const experiment_result& result, std::int64_t rows);

/// One self-contained page: style, script, charts (SVG), pictures (JPEG) and the table of products, which its
/// script shows on a map and as a list, are inside; nothing is loaded from elsewhere. It takes about 600
/// bytes a product and 8 MB for pictures, of at most 5,000 products. Well-formed as XML, too.
std::string report_html(const experiment_result& result, const page_options& options = {});
/// GitHub-flavoured Markdown.
std::string report_markdown(const experiment_result& result);
/// A Jupyter notebook (nbformat 4.5) with outputs; its code cells need pandas and matplotlib and read
/// report.json and the results' CSV files beside it.
std::string report_notebook(const experiment_result& result);

/// Writes everything in `result` as JSON, atomically. Invalid UTF-8 becomes U+FFFD; all numbers read back
/// equal.
void save_result(const experiment_result& result, const std::string& path);
/// The inverse. `path` may be a folder of results, whose report.json is read: then format_error is thrown for
/// one that metrics.json is not of. Throws file_error or format_error (naming the key); nothing inconsistent
/// is returned.
experiment_result load_result(const std::string& path);

namespace detail {
/// The files of a report.
std::vector<std::string> report_names();
/// The report.json of a folder, which must be of its metrics.json.
experiment_result load_result_of_folder(const std::string& folder);
}  // namespace detail

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/report.ipp>
#include <aisle/catalogue/report/condense.ipp>
#include <aisle/catalogue/report/html.ipp>
#include <aisle/catalogue/report/json.ipp>
#include <aisle/catalogue/report/markdown.ipp>
#include <aisle/catalogue/report/notebook.ipp>
#endif
