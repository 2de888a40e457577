#pragma once

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

AISLE_API std::optional<key_match> match_keys(const state_dict& checkpoint,
                                              const std::vector<key_scheme>& schemes,
                                              const std::vector<std::string>& prefixes,
                                              const std::vector<std::string>& signature) {
  for (const key_scheme& scheme : schemes)
    for (const std::string& prefix : prefixes) {
      // Heads and other parts outside the backbone carry no prefix even where the backbone does.
      const auto key_of = [&checkpoint, scheme, prefix](const std::string& name) {
        std::string key = key_for(scheme, name);
        return !prefix.empty() && !checkpoint.contains(prefix + key) && checkpoint.contains(key)
                   ? key
                   : prefix + key;
      };
      bool all = true;
      for (const std::string& name : signature)
        all = all && checkpoint.contains(prefix + key_for(scheme, name));
      if (all) return key_match{std::string(scheme.name), prefix, key_of};
    }
  return std::nullopt;
}

}  // namespace models
AISLE_NAMESPACE_END
