#pragma once

#include <string_view>

#include <aisle/base/config.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail {

/// Whether a cell is what is written for a missing value: see names_missing_value(), which asks this.
bool is_missing_value(std::string_view cell);
/// Whether pandas.read_csv takes a cell for a missing value by default, or it is what MySQL writes for one. A
/// text may well be "none of these" or "Infinity", so that others are words.
bool is_missing_text(std::string_view cell);

}  // namespace detail
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/detail/missing_value.ipp>
#endif
