#pragma once

#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/catalogue/results.hpp>
#include <aisle/io/json.hpp>

// What a review says of each product and where the map has it, as report.json holds it: by columns, as they
// may be of 20,000 rows. What is read is of `classes` classes, or a format_error.

AISLE_NAMESPACE_BEGIN
namespace detail {

/// A float as the double with the shortest text that reads back as this float: 0.1, not 0.10000000149011612.
double short_double(float value);

json to_json(const review_totals& totals);
review_totals read_totals(const json& from);

json to_json(const std::vector<product_verdict>& verdicts);
std::vector<product_verdict> read_verdicts(const json& from, std::int64_t classes);

json to_json(const product_map& map);
product_map read_map(const json& from);

}  // namespace detail
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/detail/map_json.ipp>
#endif
