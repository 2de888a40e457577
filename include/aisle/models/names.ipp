#pragma once

#include <algorithm>
#include <map>

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
    const std::string_view step = pattern.substr(i + 2, close - i - 2);
    out += std::to_string(step == "-1" ? number - 1 : step == "+1" ? number + 1 : number);
    i = close;
  }
  return out;
}

/// A scheme's key, in which the number of a layer that has no name may stand as "#5".
AISLE_API std::string key_pattern(const key_scheme& scheme, std::string_view name) {
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

/// Keras' name of the layer: "conv2d#5/kernel:0" is "conv2d_5/kernel:0" where the first has the number 0.
template <class First>
std::string numbered(std::string key, First first) {
  const std::size_t mark = key.find('#');
  if (mark == std::string::npos) return key;
  std::size_t end = mark + 1;
  long number = 0;
  for (; end < key.size() && key[end] >= '0' && key[end] <= '9'; ++end)
    number = number * 10 + (key[end] - '0');
  number += first(key.substr(0, mark));
  return key.replace(mark, end - mark, number == 0 ? std::string() : "_" + std::to_string(number));
}

/// The lowest number of the layers that Keras called `layer`, behind `prefix`: models that were made before
/// in the same program have taken those before it.
AISLE_API long first_number(const state_dict& checkpoint, const std::string& prefix,
                            const std::string& layer) {
  long lowest = -1;
  for (const state_dict::entry& e : checkpoint.entries()) {
    if (!e.name.starts_with(prefix + layer)) continue;
    std::size_t at = prefix.size() + layer.size();
    long number = 0;
    if (at < e.name.size() && e.name[at] == '_') {
      const std::size_t digits = ++at;
      for (; at < e.name.size() && e.name[at] >= '0' && e.name[at] <= '9' && at - digits < 9; ++at)
        number = number * 10 + (e.name[at] - '0');
      if (at == digits) continue;
    }
    if (at < e.name.size() && e.name[at] == '/' && (lowest < 0 || number < lowest)) lowest = number;
  }
  return std::max(lowest, 0L);
}

/// The beginning of `name` up to the last '.' or '/'.
AISLE_API std::size_t folder_length(std::string_view name) { return name.find_last_of("./") + 1; }

/// What may stand in front of the scheme's names, by where `pattern` is found.
AISLE_API std::vector<std::string> prefixes_before(const state_dict& checkpoint, const std::string& pattern) {
  std::vector<std::string> found;
  const std::size_t mark = pattern.find('#');
  for (const state_dict::entry& e : checkpoint.entries()) {
    std::string prefix;
    if (mark == std::string::npos) {
      if (!e.name.ends_with(pattern)) continue;
      prefix = e.name.substr(0, e.name.size() - pattern.size());
    } else {
      const std::size_t slash = pattern.find('/', mark);
      if (slash == std::string::npos || !e.name.ends_with(pattern.substr(slash))) continue;
      const std::string layer = e.name.substr(0, e.name.size() - (pattern.size() - slash));
      prefix = layer.substr(0, folder_length(layer));
      if (!layer.substr(prefix.size()).starts_with(pattern.substr(0, mark))) continue;
    }
    if (!prefix.empty() && folder_length(prefix) != prefix.size())
      continue;  // "preconv1" is not "conv1" behind one
    if (ranges::find(found, prefix) == found.end()) found.push_back(prefix);
  }
  return found;
}

}  // namespace detail

AISLE_API std::string key_for(const key_scheme& scheme, std::string_view name) {
  return detail::numbered(detail::key_pattern(scheme, name), [](const std::string&) { return 0L; });
}

AISLE_API std::vector<key_match> match_keys(const state_dict& checkpoint,
                                            const std::vector<key_scheme>& schemes,
                                            const std::vector<std::string>& signature,
                                            std::string_view head) {
  std::vector<key_match> found;
  if (signature.empty()) return found;
  for (const key_scheme& scheme : schemes)
    for (const std::string& prefix :
         detail::prefixes_before(checkpoint, detail::key_pattern(scheme, signature[0]))) {
      std::map<std::string, long> first;
      for (const key_rule& rule : scheme.rules)
        if (const std::size_t mark = rule.to.find('#'); mark != std::string::npos)
          if (const std::string layer = rule.to.substr(0, mark); !first.contains(layer))
            first[layer] = detail::first_number(checkpoint, prefix, layer);
      const auto key_behind = [scheme, first](const std::string& name) {
        return detail::numbered(detail::key_pattern(scheme, name), [&](const std::string& layer) {
          const auto known = first.find(layer);
          return known == first.end() ? 0L : known->second;
        });
      };
      if (!ranges::all_of(signature, [&](const std::string& name) {
            return checkpoint.contains(prefix + key_behind(name));
          }))
        continue;
      const std::string head_start(head);
      const auto key_of = [&checkpoint, key_behind, prefix, head_start](const std::string& name) {
        const std::string key = key_behind(name);
        if (head_start.empty() || !name.starts_with(head_start)) return prefix + key;
        std::string before = prefix;
        while (!before.empty() && !checkpoint.contains(before + key)) {
          before.pop_back();
          before.resize(detail::folder_length(before));  // 0 where there is no other dot
        }
        return checkpoint.contains(before + key) ? before + key : prefix + key;
      };
      found.push_back({std::string(scheme.name), scheme.layout, prefix, key_of});
    }
  ranges::stable_sort(found, {}, [](const key_match& m) { return m.prefix.size(); });
  return found;
}

}  // namespace models
AISLE_NAMESPACE_END
