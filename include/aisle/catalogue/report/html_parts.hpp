#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/catalogue/report/scores.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail::report {

/// <section> with a heading and a line of what it shows (HTML, may be empty).
std::string section(std::string_view id, std::string_view title, std::string_view about,
                    const std::string& body);
/// Panels of which one is seen at a time; a single one comes without tabs. At most 12 are kept.
std::string tabs(std::string_view id, const std::vector<std::pair<std::string, std::string>>& panels);
std::string details_of(std::string_view summary, const std::string& body);
/// The same; nothing without a body.
std::string details_if(std::string_view summary, const std::string& body);
/// What a button says of the products that the page's script lists on a click: of one classifier those of a
/// class, or put into one; -1: of any.
std::string filters(const report_scores& all, const model_scores& m, std::int32_t truth, std::int32_t said);
/// "Text + image · Logistic regression", escaped.
std::string title_of(const model_scores& scores);
/// A name that may be in any script and direction, escaped.
std::string isolated(std::string_view name);

/// One panel a modality: `show` of its chosen classifier, then of the others, folded. Classifiers for which
/// it returns nothing are left out.
template <class Show>
std::string by_modality(std::string_view id, const report_scores& all, Show&& show) {
  std::vector<std::pair<std::string, std::string>> panels;
  for (const std::string& modality : all.modalities) {
    std::string body;
    for (const model_scores* m : all.of(modality)) {
      const std::string part = show(*m);
      if (part.empty()) continue;
      body += body.empty() ? part : details_of(title_of(*m), part);
    }
    if (!body.empty()) panels.emplace_back(modality, body);
  }
  return tabs(id, panels);
}

}  // namespace detail::report
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/report/html_parts.ipp>
#endif
