#pragma once

#include <algorithm>
#include <map>

#include <aisle/base/blanks.hpp>
#include <aisle/base/counted.hpp>
#include <aisle/base/ranges.hpp>
#include <aisle/catalogue/detail/missing_value.hpp>
#include <aisle/catalogue/label_findings.hpp>
#include <aisle/text/case_fold.hpp>
#include <aisle/text/html.hpp>
#include <aisle/text/unicode_fold.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// "5.0", "5.00" and "5." as "5"; anything else as it is.
AISLE_API std::string_view without_zero_decimals(std::string_view text) {
  const std::size_t point = text.find('.');
  if (point == 0 || point == std::string_view::npos) return text;
  const auto digits = [](std::string_view part, std::string_view which) {
    return part.find_first_not_of(which) == std::string_view::npos;
  };
  std::string_view whole = text.substr(0, point);
  if (whole.starts_with('-') || whole.starts_with('+')) whole.remove_prefix(1);
  if (whole.empty() || !digits(whole, "0123456789") || !digits(text.substr(point + 1), "0")) return text;
  return text.substr(0, point);
}

/// "5" of "05"; anything that is no number of digits alone as it is.
AISLE_API std::string_view without_leading_zeros(std::string_view text) {
  if (text.empty() || text.find_first_not_of("0123456789") != text.npos) return text;
  return text.substr(std::min(text.find_first_not_of('0'), text.size() - 1));
}

/// In one Unicode form and without case, but with its blanks as they stand.
AISLE_API std::string with_own_blanks(std::string_view name) {
  const std::string letters = without_blanks(name);
  std::string out, word;
  for (std::size_t at = 0, next = 0; at < name.size();) {
    const std::string_view c = name.substr(at, decode_utf8(name, at).size);
    at += c.size();
    if (std::string_view(letters).substr(next).starts_with(c)) {
      word += c;
      next += c.size();
    } else {
      out += fold_nfkc(word);
      out += c;
      word.clear();
    }
  }
  return out + fold_nfkc(word);
}

/// As a page shows it; a name that is nothing but a tag ("<unknown>") as it is.
AISLE_API std::string without_markup(const std::string& name) {
  std::string plain = strip_html(name);
  return without_blanks(plain).empty() ? name : plain;
}

/// In what the names of a group differ.
AISLE_API std::string difference_of(std::span<const class_count> group) {
  /// What the names are looked at with; the rest is taken off.
  enum class kept { case_alone, blanks, zero_decimals, leading_zeros, markup, form };
  const auto distinct = [&](kept what) {
    std::map<std::string, int> names;
    for (const class_count& c : group) {
      const std::string shown = what == kept::markup ? c.name : without_markup(c.name);
      std::string name = what == kept::blanks ? with_own_blanks(shown) : without_blanks(shown);
      if (what != kept::zero_decimals) name = without_zero_decimals(name);
      if (what != kept::leading_zeros) {
        const std::string_view whole = without_zero_decimals(name);
        name = std::string(without_leading_zeros(whole)) + name.substr(whole.size());
      }
      ++names[what == kept::case_alone ? fold_but_for_capitals(name)
              : what == kept::form     ? fold_case(name)
              : what == kept::blanks   ? name
                                       : fold_nfkc(name)];
    }
    return names.size() > 1;
  };
  std::vector<std::string> parts;
  if (distinct(kept::case_alone)) parts.emplace_back("letter case");
  if (distinct(kept::blanks)) parts.emplace_back("blanks");
  if (distinct(kept::zero_decimals)) parts.emplace_back("a trailing .0");
  if (distinct(kept::leading_zeros)) parts.emplace_back("leading zeros");
  if (distinct(kept::markup)) parts.emplace_back("markup");
  if (distinct(kept::form)) parts.emplace_back("Unicode form");
  if (parts.empty()) parts.emplace_back("letter case");  // a capital sharp s
  std::string out;
  for (std::size_t i = 0; i < parts.size(); ++i)
    out += (i == 0 ? "" : i + 1 == parts.size() ? " and " : ", ") + parts[i];
  return out;
}

AISLE_API label_findings find_odd_classes(const std::map<std::string, std::int64_t>& classes) {
  label_findings out;
  std::map<std::string, std::vector<class_count>> groups;
  for (const auto& [name, rows] : classes) {
    if (names_missing_value(name)) out.missing.push_back({name, rows});
    const std::string plain = without_blanks(without_markup(name));
    groups[fold_nfkc(without_leading_zeros(without_zero_decimals(plain)))].push_back({name, rows});
  }
  for (auto& [key, group] : groups) {
    if (group.size() < 2) continue;
    ranges::stable_sort(group, [](const auto& a, const auto& b) { return a.rows > b.rows; });
    std::string difference = difference_of(group);
    out.near_equal.push_back({std::move(group), std::move(difference)});
  }
  return out;
}

}  // namespace detail

AISLE_API bool names_missing_value(std::string_view label) { return detail::is_missing_value(label); }

AISLE_API label_findings find_odd_labels(std::span<const std::string> labels) {
  std::map<std::string, std::int64_t> classes;
  for (const std::string& l : labels)
    if (!l.empty()) ++classes[l];
  return detail::find_odd_classes(classes);
}

AISLE_API label_findings find_odd_labels(const catalogue& products) {
  std::map<std::string, std::int64_t> classes;
  for (const product& p : products.products)
    if (!p.label.empty()) ++classes[p.label];
  return detail::find_odd_classes(classes);
}

AISLE_API std::vector<std::string> describe(const label_findings& findings, std::size_t most) {
  std::vector<std::string> out;
  const auto beyond = [&](std::size_t found, std::string_view one, std::string_view several) {
    if (found > most) out.push_back(counted(static_cast<std::int64_t>(found - most), one, several));
  };
  constexpr std::size_t names = 6;
  for (std::size_t g = 0; g < findings.near_equal.size() && g < most; ++g) {
    const auto& [classes, difference] = findings.near_equal[g];
    const std::size_t shown = std::min(classes.size(), names);
    std::string line = "classes ";
    for (std::size_t i = 0; i < shown; ++i) {
      const class_count& c = classes[i];
      line += (i == 0 ? "" : i + 1 == classes.size() ? " and " : ", ") + ("'" + c.name + "' (");
      line += (i == 0 ? counted(c.rows, "row") : std::to_string(c.rows)) + ")";
    }
    if (classes.size() > shown) line += " and " + std::to_string(classes.size() - shown) + " more";
    out.push_back(line + " differ in " + difference + " alone");
  }
  beyond(findings.near_equal.size(), "more group of such classes", "more groups of such classes");
  for (std::size_t i = 0; i < findings.missing.size() && i < most; ++i)
    out.push_back("'" + findings.missing[i].name + "' is a class of " +
                  counted(findings.missing[i].rows, "row") +
                  ", and what is written for a missing value; a row without a label has an empty cell");
  beyond(findings.missing.size(), "more class named like a missing value",
         "more classes named like a missing value");
  return out;
}

AISLE_NAMESPACE_END
