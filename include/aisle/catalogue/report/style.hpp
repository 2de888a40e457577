#pragma once

#include <string>
#include <string_view>

#include <aisle/base/config.hpp>

// How the reports look: one colour system for light and dark, shared by the page and by charts that stand
// alone.

AISLE_NAMESPACE_BEGIN
namespace detail::report {

/// The page's style sheet.
std::string page_style();
/// Colours and the rules of charts, for an SVG of its own.
std::string standalone_style();
/// What a script adds: the map and the table of products, filters, sorting tables, picking out a curve, the
/// other theme. Scores, matrices and the surest mistakes are there without it.
std::string page_script();

}  // namespace detail::report
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/report/script.ipp>
#include <aisle/catalogue/report/style.ipp>
#endif
