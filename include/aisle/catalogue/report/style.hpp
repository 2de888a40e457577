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
/// What a click adds: sorting tables, picking out a curve, the other theme. The page works without it.
std::string_view page_script();

}  // namespace detail::report
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/report/style.ipp>
#endif
