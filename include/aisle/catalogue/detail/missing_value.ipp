#pragma once

#include <iterator>

#include <aisle/base/blanks.hpp>
#include <aisle/base/ranges.hpp>
#include <aisle/catalogue/detail/missing_value.hpp>
#include <aisle/text/case_fold.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail {

/// What is written for no value, in lower case: pandas' na_values and what it writes for infinities,
/// spreadsheets' errors, what people type.
inline constexpr std::string_view missing_values[] = {
    "#div/0!",     "#n/a",    "#n/a n/a",  "#na",  "#name?",    "#null!",   "#num!",
    "#ref!",       "#value!", "+inf",      "-",    "-1.#ind",   "-1.#qnan", "--",
    "---",         "-inf",    "-infinity", "-nan", "1.#ind",    "1.#qnan",  "<na>",
    "?",           "inf",     "infinity",  "n.a.", "n/a",       "na",       "nan",
    "nat",         "nil",     "none",      "null", "undefined", "\\n",      "\xe2\x80\x93",
    "\xe2\x80\x94"};

AISLE_API bool is_missing_value(std::string_view cell) {
  const std::string plain = fold_case(trimmed(cell));
  return ranges::find(missing_values, plain) != std::end(missing_values);
}

AISLE_API bool is_missing_text(std::string_view cell) {
  constexpr std::string_view written[] = {"#N/A",   "#N/A N/A", "#NA",  "-1.#IND", "-1.#QNAN", "-NaN", "-nan",
                                          "1.#IND", "1.#QNAN",  "<NA>", "N/A",     "NA",       "NULL", "NaN",
                                          "None",   "n/a",      "nan",  "null",    "\\N"};
  return ranges::find(written, trimmed(cell)) != std::end(written);
}

}  // namespace detail
AISLE_NAMESPACE_END
