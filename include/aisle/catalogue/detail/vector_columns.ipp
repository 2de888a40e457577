#pragma once

#include <algorithm>
#include <cstdint>
#include <map>

#include <aisle/base/ascii.hpp>
#include <aisle/base/error.hpp>
#include <aisle/base/number.hpp>
#include <aisle/base/ranges.hpp>
#include <aisle/catalogue/detail/vector_columns.hpp>
#include <aisle/catalogue/products.hpp>
#include <aisle/tensor/finite.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail {

AISLE_API bool is_component(std::string_view column, std::string_view prefix) {
  return column.size() > prefix.size() && column.starts_with(prefix) &&
         std::all_of(column.begin() + static_cast<std::ptrdiff_t>(prefix.size()), column.end(),
                     ascii::is_digit);
}

/// Whether the size of a decimal number is below 1, however far beyond the range of any type.
AISLE_API bool is_below_one(std::string_view number) {
  constexpr std::int64_t most = std::int64_t{1} << 40;
  if (number.starts_with('-')) number.remove_prefix(1);
  const std::size_t e = std::min(number.find_first_of("eE"), number.size());
  const std::string_view mantissa = number.substr(0, e);
  std::string_view digits = number.substr(std::min(e + 1, number.size()));
  const bool negative = digits.starts_with('-');
  if (negative || digits.starts_with('+')) digits.remove_prefix(1);
  std::int64_t exponent = 0;
  for (const char c : digits) exponent = std::min(most, exponent * 10 + (c - '0'));
  const std::size_t first = mantissa.find_first_of("123456789"),
                    point = std::min(mantissa.find('.'), mantissa.size());
  if (first == mantissa.npos) return true;
  // The number is at least 1 where its first digit stands before the point once that is moved.
  const auto before = static_cast<std::int64_t>(first < point ? first : first - 1);
  return static_cast<std::int64_t>(point) + (negative ? -exponent : exponent) <= before;
}

AISLE_API std::optional<float> parse_component(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('+')) text.remove_prefix(1);
  float value = 0;
  const auto [end, code] = parse_number(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size() || text.empty()) return std::nullopt;
  if (code == std::errc::result_out_of_range)  // too small for a float is 0, too large no number
    return is_below_one(text) ? std::optional<float>(0.0f) : std::nullopt;
  if (code != std::errc{} || !is_finite(value)) return std::nullopt;
  return value;
}

/// Names as pandas writes those of columns that have none: 0, 1, 2, …
AISLE_API bool are_numbers_that_count(const std::vector<std::string>& names) {
  std::optional<float> last;
  for (const std::string& name : names) {
    const auto number = is_component(name, "") ? parse_component(name) : std::nullopt;
    if (!number || (last && *number != *last + 1)) return false;
    last = number;
  }
  return true;
}

AISLE_API vector_columns::vector_columns(const std::vector<std::string>& header, std::string_view prefix,
                                         const std::string& id_column, const std::string& where) {
  const auto find = [&](const std::string& name) {
    return static_cast<std::size_t>(ranges::find(header, name) - header.begin());
  };
  id = std::min(find(id_column), header.size());
  if (id == header.size()) id = find("id");
  const bool named = id < header.size();
  if (!named) id = 0;
  for (std::size_t c = 0; c < header.size(); ++c)
    if (c != id && is_component(header[c], prefix)) components.push_back(c);
  if (!components.empty()) return;
  std::vector<std::string> names;
  for (std::size_t c = 0; c < header.size(); ++c) {
    if (c == id) continue;
    components.push_back(c);
    if (!header[c].empty()) names.push_back(header[c]);
    if (header[c].empty() || header[c].starts_with("Unnamed: ")) nameless.push_back(c);
  }
  if (names.empty())
    throw format_error(where, "no columns beside " + header[id] + ", expected those of a vector");
  if (!named && !are_numbers_that_count(names) &&
      ranges::all_of(names, [](const std::string& name) { return parse_component(name).has_value(); }))
    throw format_error(where, "its first line ('" + header[0] + "', '" + names.front() +
                                  "', …) is an id and numbers, expected the names of the columns, such as "
                                  "id,0,1,…: put such a line above it");
}

/// What a name shares with others that are numbered likewise: "v" of "v12". Names without a number are alone.
AISLE_API std::string pattern_of(const std::string& name) {
  const std::size_t end = name.find_last_not_of("0123456789") + 1;
  return end < name.size() ? name.substr(0, end) + "#" : name;
}

AISLE_API std::string list_components(const std::vector<std::string>& names) {
  constexpr std::size_t few = 6;
  const bool alike = ranges::all_of(
      names, [&](const std::string& name) { return pattern_of(name) == pattern_of(names.front()); });
  std::string out;
  if (names.size() > 2 && (alike || names.size() > few))
    return "'" + names.front() + "' … '" + names.back() + "'";
  for (const std::string& name : names) out += (out.empty() ? "'" : ", '") + name + "'";
  return out;
}

AISLE_API bool sort_components(const std::vector<std::string>& header, std::vector<std::size_t>& components) {
  constexpr std::size_t most_digits = 9;  // of a number that counts columns
  std::map<std::int64_t, std::size_t> by_number;
  for (const std::size_t c : components) {
    const std::string& name = header[c];
    const std::size_t end = name.find_last_not_of("0123456789") + 1, digits = name.size() - end;
    if (digits == 0 || digits > most_digits || pattern_of(name) != pattern_of(header[components.front()]))
      return false;
    std::int64_t number = 0;
    for (const char digit : name.substr(end)) number = number * 10 + (digit - '0');
    if (!by_number.emplace(number, c).second) return false;
  }
  if (by_number.empty()) return false;
  const auto count = static_cast<std::int64_t>(components.size());
  if (by_number.rbegin()->first - by_number.begin()->first != count - 1) return false;
  std::vector<std::size_t> sorted;
  for (const auto& [number, c] : by_number) sorted.push_back(c);
  const bool stood_otherwise = sorted != components;
  components = std::move(sorted);
  return stood_otherwise;
}

AISLE_API std::vector<std::string> odd_components(const std::vector<std::string>& names) {
  std::map<std::string, std::size_t> patterns;
  for (const std::string& name : names) ++patterns[pattern_of(name)];
  std::vector<std::string> odd;
  for (const std::string& name : names) {
    const auto usual = [&](const auto& p) { return p.second > 1 && p.second * 2 >= names.size(); };
    const auto most = std::find_if(patterns.begin(), patterns.end(), usual);
    if (most != patterns.end() && pattern_of(name) != most->first) odd.push_back(name);
  }
  return odd;
}

}  // namespace detail
AISLE_NAMESPACE_END
