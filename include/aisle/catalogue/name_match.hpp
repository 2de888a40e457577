#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aisle/base/config.hpp>

AISLE_NAMESPACE_BEGIN

/// A decimal number without leading zeros and zeros behind the point: "7" for "007", "7.0" and "+7"; nothing
/// for what is no number.
std::optional<std::string> plain_number(std::string_view text);

/// Names (ids, classes) of one table in another that may have lost leading zeros or gained a ".0", as pandas
/// and spreadsheets do.
struct name_match {
  /// Names that are the other table's when read as numbers, and what they are called there. Filled where all
  /// names of both tables are numbers, as pandas compares columns then, and no two names are one number.
  std::map<std::string, std::string> renamed;
  /// Names that would be found as numbers, or without the zeros before a number in them ("A7" and "A007"),
  /// but are not in `renamed`, with the other table's.
  std::vector<std::pair<std::string, std::string>> near_misses;
};

/// Looks for each of `names` that is not among `others` as it stands. With `one_to_one` a number that two of
/// `names` have matches nothing.
name_match match_names(std::span<const std::string> names, std::span<const std::string> others,
                       bool one_to_one);

/// The name of the column that looks like `name` and is written otherwise: in another Unicode form (as macOS
/// decomposes umlauts), with other blanks (no-break ones of web pages, line breaks of cells). Empty where no
/// column or several do.
std::string alike_column(std::span<const std::string> header, std::string_view name);

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/name_match.ipp>
#endif
