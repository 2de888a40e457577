#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/catalogue/report/scores.hpp>

// What a merchandiser reads first, the same on the page, in the Markdown and in the notebook.

AISLE_NAMESPACE_BEGIN
namespace detail::report {

struct finding {
  std::string key;         ///< "suspects", "file", "weakest", "best", "rows"
  std::string figure;      ///< "78.4 %"
  std::string title;       ///< "can be filed without a person"
  std::string about;       ///< a sentence or two, plain text
  std::string action;      ///< what a button that lists the products says; empty: there are none to list
  std::int32_t code = -1;  ///< the class that it is about
};

/// What is to be done first, then how good it is and of how many rows.
std::vector<finding> find_findings(const report_scores& all);

/// Share of the test rows that are put under the right branch, in %, of each level from the top; empty where
/// names of classes have no levels.
std::vector<double> level_scores(const report_scores& all, const model_scores& m);

/// " Names of classes have levels: Text + image puts 98.1 % under the right first level, …"; empty where they
/// have none.
std::string levels_note(const report_scores& all, std::string (*escape)(std::string_view));

}  // namespace detail::report
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/report/findings.ipp>
#endif
