#pragma once

#include <string>

#include <aisle/base/config.hpp>
#include <aisle/catalogue/report/scores.hpp>

// Parts in Markdown, for the Markdown report and the notebook's text cells.

AISLE_NAMESPACE_BEGIN
namespace detail::report {

std::string headline_markdown(const report_scores& all);
std::string scores_markdown(const report_scores& all);
std::string classes_markdown(const report_scores& all, const model_scores& scores);
std::string mix_ups_markdown(const report_scores& all, const model_scores& scores);
std::string confusion_markdown(const report_scores& all, const model_scores& scores);
std::string mistakes_markdown(const report_scores& all, const model_scores& scores);
std::string catalogue_markdown(const report_scores& all);
std::string skipped_markdown(const report_scores& all);
std::string run_markdown(const report_scores& all);

}  // namespace detail::report
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/report/markdown.ipp>
#endif
