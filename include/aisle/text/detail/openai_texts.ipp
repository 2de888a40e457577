#pragma once

#include <unordered_map>
#include <utility>

#include <aisle/io/utf8.hpp>
#include <aisle/text/detail/openai_protocol.hpp>
#include <aisle/text/detail/openai_texts.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail::openai {

AISLE_API sent_texts::sent_texts(std::span<const std::string_view> all) {
  std::unordered_map<std::string_view, std::size_t> seen;
  made_valid_.reserve(all.size());  // views of them stay
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].find_first_not_of(" \t\r\n") == std::string_view::npos) {
      empty.push_back(i);
      continue;
    }
    const auto [at, fresh] = seen.emplace(all[i], texts.size());
    if (fresh) {
      const bool valid = find_invalid_utf8(all[i]) == std::string_view::npos;
      if (!valid) made_valid_.push_back(replace_invalid_utf8(all[i]));
      texts.push_back(valid ? all[i] : std::string_view(made_valid_.back()));
      whose.emplace_back();
    }
    whose[at->second].push_back(i);
  }
  cut.resize(texts.size());
}

AISLE_API std::vector<std::size_t> sent_texts::keep_short(std::size_t bytes, bool cut_long) {
  std::vector<std::size_t> refused;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const bool is_long = texts[i].size() > bytes;
    if (is_long && !cut_long) {
      refused.insert(refused.end(), whose[i].begin(), whose[i].end());
      continue;
    }
    texts[kept] = cut_text(texts[i], bytes);
    cut[kept] = is_long;
    if (kept != i) whose[kept] = std::move(whose[i]);
    ++kept;
  }
  texts.resize(kept);
  whose.resize(kept);
  cut.resize(kept);
  return refused;
}

}  // namespace detail::openai
AISLE_NAMESPACE_END
