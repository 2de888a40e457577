#pragma once

#include <aisle/base/ascii.hpp>
#include <aisle/base/blanks.hpp>
#include <aisle/base/number.hpp>
#include <aisle/base/ranges.hpp>
#include <aisle/catalogue/detail/cell_number.hpp>
#include <aisle/tensor/finite.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail {

/// A cell as sign, unit and digits with their marks; no digits: it is none of that kind.
struct number_parts {
  bool negative = false;
  std::string unit, digits;
};

/// Bytes of a blank that may stand between thousands at `at`: a space, one that does not break, or a thin
/// one.
AISLE_API std::size_t blank_at(std::string_view text, std::size_t at) {
  for (const std::string_view blank : {" ", "\xC2\xA0", "\xE2\x80\xAF", "\xE2\x80\x89"})
    if (text.substr(at).starts_with(blank)) return blank.size();
  return 0;
}

AISLE_API number_parts split_number(std::string_view cell) {
  number_parts out;
  const auto is_digit = [](char c) { return ascii::is_digit(c); };
  std::string_view text = trimmed(cell);
  const auto first = ranges::find_if(text, is_digit);
  if (first == text.end()) return {};
  std::size_t from = static_cast<std::size_t>(first - text.begin()), to = text.size();
  while (to > 0 && !is_digit(text[to - 1])) --to;
  // A decimal mark may stand first: ".5".
  if (from > 0 && (text[from - 1] == '.' || text[from - 1] == ',') &&
      (from == 1 || !ascii::is_letter(text[from - 2])))
    --from;
  std::string_view before = trimmed(text.substr(0, from)), behind = trimmed(text.substr(to));
  const auto take_sign = [&](std::string_view& where, bool at_end) {
    for (const std::string_view sign : {"-", "\xE2\x88\x92", "+"})
      if (at_end ? where.ends_with(sign) : where.starts_with(sign)) {
        out.negative = sign != "+";
        where = trimmed(at_end ? where.substr(0, where.size() - sign.size()) : where.substr(sign.size()));
        return;
      }
  };
  take_sign(before, false);
  if (!out.negative) take_sign(before, true);  // "$ -5"
  if (!before.empty() && !behind.empty()) return {};
  out.unit = before.empty() ? behind : before;
  if (!out.unit.empty() && !is_number_unit(out.unit)) return {};
  for (std::size_t i = from; i < to;) {
    if (const std::size_t blank = blank_at(text, i); blank > 0) {
      out.digits += ' ';
      i += blank;
    } else if (text.substr(i).starts_with("\xE2\x80\x99")) {
      out.digits += '\'';
      i += 3;
    } else {
      out.digits += text[i++];
    }
  }
  return out;
}

AISLE_API bool is_number_unit(std::string_view text) {
  static constexpr std::string_view units[] = {"$",
                                               "US$",
                                               "R$",
                                               "A$",
                                               "C$",
                                               "%",
                                               "kr",
                                               "kr.",
                                               "Rs",
                                               "Rs.",
                                               "z\xC5\x82",
                                               "K\xC4\x8D",
                                               "Ft",
                                               "\xC2\xA3" /* pound */,
                                               "\xC2\xA5" /* yen */,
                                               "\xE2\x82\xAC" /* euro */,
                                               "\xE2\x82\xB9" /* rupee */,
                                               "\xE2\x82\xBD" /* rouble */,
                                               "\xE2\x82\xA9" /* won */,
                                               "\xE2\x82\xBA" /* lira */,
                                               "\xE2\x82\xAB" /* dong */,
                                               "\xE0\xB8\xBF" /* baht */,
                                               "\xE2\x82\xB4" /* hryvnia */,
                                               "\xE2\x82\xAA" /* shekel */};
  if (ranges::find(units, text) != std::end(units)) return true;
  // A code of ISO 4217.
  return text.size() == 3 && ranges::all_of(text, [](char c) { return c >= 'A' && c <= 'Z'; });
}

/// Digits and marks as parse_number takes them; empty: the marks are not where they belong.
AISLE_API std::string plain_digits(const std::string& digits, char decimal) {
  const std::size_t mark = digits.find(decimal);
  const std::string whole = digits.substr(0, mark);
  std::string out;
  std::size_t in_group = 0;
  char separator = 0;
  for (const char c : whole) {
    if (ascii::is_digit(c)) {
      out += c;
      ++in_group;
      continue;
    }
    // Groups are of three, but for the first, and all parted by the same mark.
    const bool is_mark = c == ' ' || c == '\'' || c == (decimal == '.' ? ',' : '.');
    if (!is_mark || (separator != 0 && c != separator) || in_group == 0 || in_group > 3 ||
        (separator != 0 && in_group != 3))
      return {};
    separator = c;
    in_group = 0;
  }
  if (separator != 0 && in_group != 3) return {};
  if (out.size() > 1 && out.front() == '0') return {};
  if (mark == std::string::npos) return out;
  const std::string fraction = digits.substr(mark + 1);
  if (fraction.empty() || !ranges::all_of(fraction, [](char c) { return ascii::is_digit(c); })) return {};
  return (out.empty() ? "0" : out) + "." + fraction;
}

AISLE_API std::optional<double> number_of(const number_parts& parts, char decimal) {
  std::string digits = plain_digits(parts.digits, decimal);
  // As programs write very small and large ones: 1e-05.
  if (digits.empty() && decimal == '.' && parts.digits.find_first_of("eE") != std::string::npos)
    digits = parts.digits;
  if (digits.empty()) return std::nullopt;
  double out = 0;
  const auto [end, code] = parse_number(digits.data(), digits.data() + digits.size(), out);
  if (code != std::errc{} || end != digits.data() + digits.size() || !is_finite(out)) return std::nullopt;
  return parts.negative ? -out : out;
}

AISLE_API bool is_of_measure(const std::string& unit, const number_style& style) {
  return unit == style.unit || unit.empty() || (style.unit.empty() && unit != "%");
}

AISLE_API std::optional<double> read_cell_number(std::string_view cell, const number_style& style) {
  const number_parts parts = split_number(cell);
  if (!is_of_measure(parts.unit, style)) return std::nullopt;
  return number_of(parts, style.decimal);
}

/// Whether points part thousands, where they could be decimal points, too: "400", "900", "1.500", "2.200".
/// Numbers of hundreds without a point, none of a thousand, say so.
AISLE_API bool are_thousands(std::span<const std::string_view> cells) {
  bool pointed = false, hundreds = false;
  for (const std::string_view cell : cells) {
    const std::string digits = split_number(cell).digits;
    if (digits.find('.') != std::string::npos)
      pointed = true;
    else if (digits.size() > 3)
      return false;
    else
      hundreds = hundreds || digits.size() == 3;
  }
  return pointed && hundreds;
}

AISLE_API std::optional<number_style> find_number_style(std::span<const std::string_view> cells) {
  if (cells.empty()) return std::nullopt;
  bool point = true, comma = true;
  number_style out;
  for (const std::string_view cell : cells) {
    const number_parts parts = split_number(cell);
    if (!parts.unit.empty()) {
      if (!out.unit.empty() && out.unit != parts.unit) return std::nullopt;  // not of one measure
      out.unit = parts.unit;
    }
    point = point && number_of(parts, '.').has_value();
    comma = comma && number_of(parts, ',').has_value();
    if (!point && !comma) return std::nullopt;
  }
  out.decimal = point && !(comma && are_thousands(cells)) ? '.' : ',';
  return out;
}

}  // namespace detail
AISLE_NAMESPACE_END
