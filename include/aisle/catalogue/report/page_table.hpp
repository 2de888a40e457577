#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/catalogue/report/scores.hpp>

// The one table of products that the page's script works on: texts as JSON, numbers as base64 of
// little-endian arrays. Nothing in it is markup: "<", ">" and "&" stand as \uXXXX.

AISLE_NAMESPACE_BEGIN
namespace detail::report {

struct picture_sheets;

/// Data rows of the products in the page, ascending: those that have a card, that were tested, reviewed or
/// are on the map.
std::vector<std::int64_t> rows_of_page(const report_scores& all);

/// The same rows, those first whose picture is wanted most: mistakes, suspects, then an even sample.
std::vector<std::int64_t> rows_by_interest(const report_scores& all, const std::vector<std::int64_t>& rows);

/// <template> elements: "data" holds the JSON, "sheet-N" the pictures. Empty without products.
std::string data_blocks(const report_scores& all, const std::vector<std::int64_t>& rows,
                        const picture_sheets& pictures);

}  // namespace detail::report
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/report/page_table.ipp>
#endif
