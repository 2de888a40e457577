#pragma once

#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/catalogue/results.hpp>
#include <aisle/io/json.hpp>

// What more rows would bring and what is odd about a catalogue, as metrics.json and report.json have it.

AISLE_NAMESPACE_BEGIN
namespace detail {

/// Points and forecasts; scores of each class are in learning_curve.csv.
json to_json(const learning_curve& curve);
/// What to_json wrote: of classes it knows those that forecasts name.
learning_curve read_curve(const json& from);

/// {KIND: {findings, rows}, …}.
json to_json(const std::vector<quality_count>& counts);
std::vector<quality_count> read_quality(const json& from);

}  // namespace detail
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/detail/review_json.ipp>
#endif
