#pragma once

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include <aisle/base/ascii.hpp>
#include <aisle/catalogue/name_match.hpp>
#include <aisle/text/unicode_fold.hpp>

AISLE_NAMESPACE_BEGIN

AISLE_API std::optional<std::string> plain_number(std::string_view text) {
  std::string out;
  if (text.starts_with('-') || text.starts_with('+')) {
    if (text.front() == '-') out = "-";
    text.remove_prefix(1);
  }
  const std::size_t point = std::min(text.find('.'), text.size());
  std::string_view whole = text.substr(0, point), decimals = text.substr(std::min(point + 1, text.size()));
  const auto digits = [](std::string_view part) {
    return part.find_first_not_of("0123456789") == std::string_view::npos;
  };
  if (whole.empty() || !digits(whole) || !digits(decimals)) return std::nullopt;
  whole.remove_prefix(std::min(whole.find_first_not_of('0'), whole.size() - 1));
  while (decimals.ends_with('0')) decimals.remove_suffix(1);
  if (whole == "0" && decimals.empty()) return "0";
  out += whole;
  if (!decimals.empty()) (out += '.') += decimals;
  return out;
}

namespace detail {

/// "A7" of "A007": without the zeros before each number in it.
AISLE_API std::string without_zeros(std::string_view text) {
  std::string out;
  using ascii::is_digit;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool inside = i > 0 && is_digit(text[i - 1]) && !out.empty() && is_digit(out.back());
    if (text[i] == '0' && !inside && i + 1 < text.size() && is_digit(text[i + 1])) continue;
    out += text[i];
  }
  return out;
}

}  // namespace detail

AISLE_API name_match match_names(std::span<const std::string> names, std::span<const std::string> others,
                                 bool one_to_one) {
  // By number: the one distinct name that has it, or none where there are several.
  struct named {
    std::string_view first;
    bool alone = true;
  };
  using table = std::unordered_map<std::string, named>;
  const auto by_number = [](std::span<const std::string> list, bool& all) {
    table out;
    for (const std::string& name : list) {
      const auto number = plain_number(name);
      if (!number) {
        all = false;
        continue;
      }
      const auto [at, is_new] = out.try_emplace(*number, named{name});
      if (!is_new && at->second.first != name) at->second.alone = false;
    }
    return out;
  };
  bool all_numbers = true;
  const table theirs = by_number(others, all_numbers), ours = by_number(names, all_numbers);
  const std::unordered_set<std::string_view> known(others.begin(), others.end());
  std::unordered_map<std::string, std::string_view> without;  // "A7" of "A007"
  if (!all_numbers)
    for (const std::string& name : others)
      if (!plain_number(name)) without.try_emplace(detail::without_zeros(name), name);
  std::unordered_set<std::string_view> seen;
  name_match out;
  for (const std::string& name : names) {
    if (known.contains(name) || !seen.insert(name).second) continue;
    const auto number = plain_number(name);
    const auto found = number ? theirs.find(*number) : theirs.end();
    if (found == theirs.end()) {
      if (const auto other = without.find(detail::without_zeros(name)); !number && other != without.end())
        out.near_misses.emplace_back(name, other->second);
      continue;
    }
    const bool clear = found->second.alone && (!one_to_one || ours.at(*number).alone);
    if (all_numbers && clear)
      out.renamed.emplace(name, found->second.first);
    else
      out.near_misses.emplace_back(name, found->second.first);
  }
  return out;
}

namespace detail {

/// What is seen of a name: in one Unicode form, blanks of any kind as one each.
AISLE_API std::string look_of(std::string_view name) {
  std::string flat(name);
  for (char& c : flat)
    if (c == '\n' || c == '\r' || c == '\t') c = ' ';
  std::string out;
  for (const char c : fold_but_for_capitals(flat))
    if (c != ' ' || (!out.empty() && out.back() != ' ')) out += c;
  while (out.ends_with(' ')) out.pop_back();
  return out;
}

}  // namespace detail

AISLE_API std::string alike_column(std::span<const std::string> header, std::string_view name) {
  const std::string look = detail::look_of(name);
  std::string found;
  for (const std::string& column : header) {
    if (column == name || detail::look_of(column) != look) continue;
    if (!found.empty()) return {};
    found = column;
  }
  return found;
}

AISLE_NAMESPACE_END
