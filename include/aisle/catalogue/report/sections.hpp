#pragma once

#include <string>

#include <aisle/base/config.hpp>
#include <aisle/catalogue/report/scores.hpp>

// The parts of the page. Each returns HTML that is well-formed XML, or nothing when the result has nothing
// for it.

AISLE_NAMESPACE_BEGIN
struct page_options;

namespace detail::report {

/// Accuracy and macro F1 of every classifier on every modality.
std::string scores_section(const report_scores& all);
/// Right and wrong predictions of each modality's chosen classifier, with pictures.
std::string products_section(const report_scores& all, const page_options& options);
/// Precision, recall and F1 of each class; the classes taken for each other most.
std::string classes_section(const report_scores& all);
/// Heat maps: of the chosen classifiers, the others folded away. The same for the next.
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
#include <aisle/catalogue/report/products.ipp>
#include <aisle/catalogue/report/run.ipp>
#include <aisle/catalogue/report/tables.ipp>
#endif
