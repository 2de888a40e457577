#pragma once

#include <algorithm>
#include <map>

#include <aisle/catalogue/report/labels.hpp>
#include <aisle/catalogue/report/text.hpp>
#include <aisle/io/utf8.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail::report {

AISLE_API std::vector<std::string> split_levels(const std::string& name, std::string_view separator) {
  std::vector<std::string> out;
  for (std::size_t begin = 0; begin <= name.size();) {
    const std::size_t end =
        separator.empty() ? name.size() : std::min(name.find(separator, begin), name.size());
    std::string level = one_line(std::string_view(name).substr(begin, end - begin));
    if (!level.empty()) out.push_back(std::move(level));
    if (end == name.size()) break;
    begin = end + separator.size();
  }
  if (out.empty()) out.push_back(name);
  return out;
}

/// Whether at least half of the names that hold `separator` have what is before it, a word, from others too.
AISLE_API bool share_a_word(const std::vector<std::string>& names, std::string_view separator) {
  std::map<std::string_view, std::int64_t> above;
  std::int64_t with = 0, shared = 0;
  for (const std::string& n : names) {
    const auto at = n.find(separator);
    if (at == std::string::npos) continue;
    ++with;
    ++above[std::string_view(n).substr(0, at)];
  }
  for (const auto& [name, count] : above) {
    const bool word = std::any_of(name.begin(), name.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
    });
    if (word && count > 1) shared += count;
  }
  return shared * 2 >= with && shared > 0;
}

AISLE_API std::string separator_of(const std::vector<std::string>& names) {
  for (const std::string_view s : {" > ", ">", " / ", "/", " | ", "|", "::"}) {
    const auto with = std::count_if(names.begin(), names.end(), [&](const std::string& n) {
      const auto at = n.find(s);
      return at != std::string::npos && at > 0 && at + s.size() < n.size();
    });
    if (names.size() < 3 || with * 2 <= std::ssize(names)) continue;
    // "1/2 inch" and "A/B" are names: levels have words above them that names share.
    if (s.front() == ' ' || s == "::" || share_a_word(names, s)) return std::string(s);
  }
  return {};
}

/// Bytes that all names begin with, up to the end of a word; 0 where little is gained.
AISLE_API std::size_t common_prefix(const std::vector<std::string>& names) {
  if (names.size() < 3) return 0;
  std::size_t length = names.front().size();
  for (const std::string& n : names) {
    std::size_t same = 0;
    while (same < std::min(length, n.size()) && n[same] == names.front()[same]) ++same;
    length = same;
  }
  while (length > 0 && std::string_view(" -_:/.").find(names.front()[length - 1]) == std::string_view::npos)
    --length;
  const bool leaves_something =
      std::all_of(names.begin(), names.end(), [&](const std::string& n) { return n.size() > length; });
  return length >= 4 && leaves_something ? length : 0;
}

AISLE_API class_labels label_classes(const std::vector<std::string>& names) {
  class_labels out;
  out.separator = separator_of(names);
  if (out.separator.empty()) {
    const std::size_t prefix = common_prefix(names);
    for (const std::string& n : names) {
      out.levels.push_back({n});
      out.leaves.push_back(n.substr(prefix));
    }
    return out;
  }
  for (const std::string& n : names) {
    out.levels.push_back(split_levels(n, out.separator));
    out.depth = std::max(out.depth, out.levels.back().size());
  }
  // Leaves that are not alone take on the level above, until they are.
  std::vector<std::size_t> taken(names.size(), 1);
  const auto tail = [&](std::size_t i) {
    const auto& levels = out.levels[i];
    std::string text = levels.back();
    for (std::size_t k = 1; k < std::min(taken[i], levels.size()); ++k)
      text = levels[levels.size() - 1 - k] + out.separator + text;
    return text;
  };
  for (std::size_t round = 1; round < out.depth; ++round) {
    std::map<std::string, std::size_t> seen;
    for (std::size_t i = 0; i < names.size(); ++i) ++seen[tail(i)];
    for (std::size_t i = 0; i < names.size(); ++i)
      if (seen[tail(i)] > 1) ++taken[i];
  }
  for (std::size_t i = 0; i < names.size(); ++i) out.leaves.push_back(tail(i));
  return out;
}

AISLE_API std::string shortened_middle(std::string_view text, std::size_t limit) {
  const std::string line = one_line(text);
  std::vector<std::size_t> starts;
  for (std::size_t i = 0; i < line.size(); i += utf8_sequence(line, i)) starts.push_back(i);
  if (starts.size() <= limit || limit < 3) return line;
  const std::size_t tail = limit / 2, head = limit - 1 - tail;
  return line.substr(0, starts[head]) + "…" + line.substr(starts[starts.size() - tail]);
}

}  // namespace detail::report
AISLE_NAMESPACE_END
