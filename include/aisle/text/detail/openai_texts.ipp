#pragma once

#include <algorithm>
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

AISLE_API std::vector<sent_texts::long_text> sent_texts::keep_short(std::int64_t tokens, bool cut_long) {
  std::vector<long_text> refused;
  std::vector<std::string_view> kept;
  std::vector<std::vector<std::size_t>> of_kept;
  std::vector<std::size_t> uncertain;
  std::vector<bool> was_cut;
  const auto keep = [&](std::size_t i) {
    kept.push_back(texts[i]);
    of_kept.push_back(std::move(whose[i]));
    was_cut.push_back(cut[i]);
  };
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (careful_tokens(texts[i]) <= tokens) {
      keep(i);
      continue;
    }
    const std::int64_t about = approximate_tokens(texts[i]);
    if (about >= clearly_more_than(tokens)) {
      if (!cut_long) {
        for (const std::size_t text : whose[i]) refused.push_back({text, about});
        continue;
      }
      texts[i] = cut_to_tokens(texts[i], tokens);
      cut[i] = true;
    }
    uncertain.push_back(i);
  }
  alone_from = kept.size();
  for (const std::size_t i : uncertain) keep(i);
  texts = std::move(kept);
  whose = std::move(of_kept);
  cut = std::move(was_cut);
  return refused;
}

AISLE_API std::size_t sent_texts::end_of_request(std::size_t first, std::size_t most_texts,
                                                 std::int64_t most_tokens) const {
  std::size_t end = first;
  for (std::int64_t tokens = 0; end < texts.size() && end - first < most_texts; ++end) {
    tokens += careful_tokens(texts[end]);
    if (end > first && (tokens > most_tokens || end >= alone_from)) break;
  }
  return end;
}

AISLE_API bool surely_fits(std::string_view text, std::int64_t most_tokens) {
  return static_cast<std::int64_t>(text.size()) <= most_tokens;
}

AISLE_API std::string_view shorter_text(std::string_view text, std::int64_t most_tokens,
                                        const told_tokens& told) {
  constexpr std::size_t shortest = 64;  // bytes: who takes no more is not asked for vectors of less
  const std::size_t size = text.size();
  const auto bytes = static_cast<std::int64_t>(size);
  const bool fits = surely_fits(text, most_tokens);
  std::size_t next = 0;
  // What is more than its bytes is no count of this text's tokens; a few are the model's own.
  if (told.asked > told.most && told.asked <= bytes + 16) {
    // A little less: tokens are not spread evenly.
    next = static_cast<std::size_t>(static_cast<double>(size) * 63 / 64 * static_cast<double>(told.most) /
                                    static_cast<double>(told.asked));
    if (told.most < bytes) next = std::max(next, static_cast<std::size_t>(told.most));
  } else {
    next = fits ? size / 2 : std::max(size / 4 * 3, static_cast<std::size_t>(most_tokens));
  }
  if (next < shortest && fits) return {};
  return utf8_prefix(text, std::min(next, size - 1));
}

}  // namespace detail::openai
AISLE_NAMESPACE_END
