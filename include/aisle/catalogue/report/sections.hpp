#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/catalogue/report/scores.hpp>

// The parts of the page. Each returns HTML that is well-formed XML, or nothing when the result has nothing
// for it.

AISLE_NAMESPACE_BEGIN
struct page_options;

namespace detail::report {

struct page_pictures;
struct picture_sheets;

/// Accuracy and macro F1 of every classifier on every modality.
std::string scores_section(const report_scores& all);
/// What is to be done and how good it is, in a few figures.
std::string findings_list(const report_scores& all);
/// The map and the table of products, which the page's script fills with data_blocks(). `rows`:
/// rows_of_page().
std::string explore_section(const report_scores& all, const std::vector<std::int64_t>& rows,
                            const picture_sheets& pictures);
/// By chosen classifiers: their surest mistakes, and what they have right.
using shown_lists = std::map<const model_scores*, std::pair<std::vector<shown_row>, std::vector<shown_row>>>;
shown_lists rows_to_picture(const report_scores& all);
/// These, with pictures.
std::string products_section(const report_scores& all, const shown_lists& lists,
                             const page_pictures& pictures);
/// Precision, recall and F1 of each class; the classes taken for each other most.
std::string classes_section(const report_scores& all);
/// Places in scores.labels of at most `limit` classes as a matrix shows them: those with most mistakes first,
/// each followed by what it is mixed up with.
std::vector<std::int64_t> confusion_order(const model_scores& scores, std::size_t limit);
/// Matrices: of the chosen classifiers, the others folded away. The same for the next.
std::string confusion_section(const report_scores& all);
std::string roc_section(const report_scores& all);
std::string training_section(const report_scores& all);
/// Class counts, text lengths, skipped rows.
std::string catalogue_section(const report_scores& all);
/// Command, models, phases, memory.
std::string run_section(const report_scores& all);

}  // namespace detail::report
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/report/confusion.ipp>
#include <aisle/catalogue/report/explore.ipp>
#include <aisle/catalogue/report/products.ipp>
#include <aisle/catalogue/report/run.ipp>
#include <aisle/catalogue/report/tables.ipp>
#endif
