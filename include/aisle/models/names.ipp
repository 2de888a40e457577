#pragma once

#include <algorithm>

#include <aisle/base/ranges.hpp>
#include <aisle/models/names.hpp>

AISLE_NAMESPACE_BEGIN
namespace models {

namespace detail {

/// Length of the beginning of `name` that `pattern` matches, or npos; collects the numbers its stars stand
/// for.
AISLE_API std::size_t match_prefix(std::string_view pattern, std::string_view name,
                                   std::vector<long>& numbers) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  std::size_t at = 0;
  numbers.clear();
  for (const char p : pattern) {
    if (p != '*') {
      if (at == name.size() || name[at] != p) return std::string_view::npos;
      ++at;
      continue;
    }
    long number = 0;
    const std::size_t first = at;
    for (; at < name.size() && digit(name[at]) && at - first < 9; ++at)
      number = number * 10 + (name[at] - '0');
    if (at == first) return std::string_view::npos;
    numbers.push_back(number);
  }
  // Whole words only: "bn1" must not match "bn10".
  if (at < name.size() && name[at] != '.') return std::string_view::npos;
  return at;
}

AISLE_API std::string fill(std::string_view pattern, const std::vector<long>& numbers) {
  std::string out;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '{') {
      out += pattern[i];
      continue;
    }
    const std::size_t close = pattern.find('}', i);
    const long number = numbers.at(static_cast<std::size_t>(pattern[i + 1] - '0'));
    out += std::to_string(pattern.substr(i + 2, close - i - 2) == "-1" ? number - 1 : number);
    i = close;
  }
  return out;
}

}  // namespace detail

AISLE_API std::string key_for(const key_scheme& scheme, std::string_view name) {
  std::string key(name);
  std::vector<long> numbers;
  for (const key_rule& rule : scheme.rules) {
    const std::size_t length = detail::match_prefix(rule.from, name, numbers);
    if (length == std::string_view::npos) continue;
    key = detail::fill(rule.to, numbers) + std::string(name.substr(length));
    break;
  }
  for (const key_rule& ending : scheme.endings)
    if (key.ends_with(ending.from))
      key.replace(key.size() - ending.from.size(), ending.from.size(), ending.to);
  return key;
}

AISLE_API std::vector<key_match> match_keys(const state_dict& checkpoint,
                                            const std::vector<key_scheme>& schemes,
                                            const std::vector<std::string>& signature,
                                            std::string_view head) {
  std::vector<key_match> found;
  if (signature.empty()) return found;
  for (const key_scheme& scheme : schemes) {
    const std::string first = key_for(scheme, signature[0]);
    for (const state_dict::entry& e : checkpoint.entries()) {
      if (!e.name.ends_with(first)) continue;
      const std::string prefix = e.name.substr(0, e.name.size() - first.size());
      if (!prefix.empty() && prefix.back() != '.') continue;  // "preconv1" is not "conv1" behind a prefix
      if (!ranges::all_of(signature, [&](const std::string& name) {
            return checkpoint.contains(prefix + key_for(scheme, name));
          }))
        continue;
      const std::string head_start(head);
      const auto key_of = [&checkpoint, scheme, prefix, head_start](const std::string& name) {
        const std::string key = key_for(scheme, name);
        if (head_start.empty() || !name.starts_with(head_start)) return prefix + key;
        std::string before = prefix;
        while (!before.empty() && !checkpoint.contains(before + key)) {
          before.pop_back();
          before.resize(before.find_last_of('.') + 1);  // 0 where there is no other dot
        }
        return checkpoint.contains(before + key) ? before + key : prefix + key;
      };
      found.push_back({std::string(scheme.name), prefix, key_of});
    }
  }
  ranges::stable_sort(found, {}, [](const key_match& m) { return m.prefix.size(); });
  return found;
}

}  // namespace models
AISLE_NAMESPACE_END
