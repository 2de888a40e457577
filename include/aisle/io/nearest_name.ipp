#pragma once

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>

#include <aisle/base/ascii.hpp>
#include <aisle/base/ranges.hpp>
#include <aisle/io/nearest_name.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// In small letters, each run of blanks and punctuation as one blank, none at the ends.
AISLE_API std::string name_words(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (ascii::is_letter(c) || ascii::is_digit(c) || static_cast<unsigned char>(c) >= 0x80)
      out += ascii::lower(c);
    else if (!out.empty() && out.back() != ' ')
      out += ' ';
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

}  // namespace detail

AISLE_API std::size_t edit_distance(std::string_view a, std::string_view b) {
  constexpr std::size_t longest = 200;  // the table of edits is quadratic
  a = a.substr(0, longest);
  b = b.substr(0, longest);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] != b[j]);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

AISLE_API std::vector<std::string> nearest_names(std::string_view name, std::span<const std::string> names,
                                                 std::size_t most) {
  constexpr std::size_t longest = 100;  // of a name that is compared: the table of edits is quadratic
  const std::string wanted = detail::name_words(name.substr(0, longest));
  std::string joined = wanted;
  std::erase(joined, ' ');
  std::vector<std::pair<std::size_t, std::string>> found;
  for (const std::string& candidate : names) {
    const std::string words = detail::name_words(std::string_view(candidate).substr(0, longest));
    if (words.empty() || wanted.empty()) continue;
    std::string together = words;
    std::erase(together, ' ');
    const std::size_t edits = edit_distance(joined, together);
    const auto holds = [](const std::string& many, const std::string& few) {
      return (" " + many + " ").find(" " + few + " ") != std::string::npos;
    };
    if (edits <= (std::min(joined.size(), together.size()) + 2) / 3 &&
        edits < std::min(joined.size(), together.size()))
      found.emplace_back(edits, candidate);
    else if (holds(words, wanted) || holds(wanted, words))
      found.emplace_back(longest, candidate);
  }
  ranges::stable_sort(found, {}, [](const auto& f) { return f.first; });
  std::vector<std::string> out;
  for (const auto& f : found)
    if (out.size() < most && std::find(out.begin(), out.end(), f.second) == out.end())
      out.push_back(f.second);
  return out;
}

AISLE_API std::string did_you_mean(std::span<const std::string> names) {
  std::string out;
  for (const std::string& n : names) out += (out.empty() ? ", did you mean '" : " or '") + n + "'";
  return out.empty() ? out : out + "?";
}

AISLE_NAMESPACE_END
