#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <aisle/base/config.hpp>

// Numbers as people write them into tables: "1,299.00", "$12", "12,50 EUR".

AISLE_NAMESPACE_BEGIN

/// How the numbers of a column are written.
struct number_style {
  char decimal = '.';  ///< or ','
  std::string unit;    ///< that stands before or behind them: a sign or code of a currency, %; empty: none
  bool operator==(const number_style&) const = default;
};

namespace detail {

/// Whether numbers of this unit are of the measure that was learnt from those of `style`: "$12" where numbers
/// stood alone is 12; "12 %" is another measure.
bool is_of_measure(const std::string& unit, const number_style& style);

/// The number of a cell; nothing where it is none of this style. Thousands may be separated by the other
/// mark, a blank or an apostrophe; the unit may be left out, and stand where there was none (but for %). A
/// code with leading zeros is no number.
std::optional<double> read_cell_number(std::string_view cell, const number_style& style);

/// The style in which all cells are numbers; nothing where there is none, or no cell. Where a point may be
/// both it is a decimal point, unless the other numbers say that it parts thousands ("900", "1.500").
std::optional<number_style> find_number_style(std::span<const std::string_view> cells);

/// Whether a cell is a unit that numbers may have.
bool is_number_unit(std::string_view text);

}  // namespace detail
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/detail/cell_number.ipp>
#endif
