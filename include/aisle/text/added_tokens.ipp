#pragma once

#include <algorithm>

#include <aisle/base/error.hpp>
#include <aisle/base/ranges.hpp>
#include <aisle/text/added_tokens.hpp>
#include <aisle/text/unicode.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// Where the code point that ends at `end` (> 0) begins.
AISLE_API std::size_t character_before(std::string_view text, std::size_t end) noexcept {
  std::size_t at = end - 1;
  while (at > 0 && end - at < 4 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
  if (decode_utf8(text, at).size == end - at) return at;
  return end - 1;
}

}  // namespace detail

AISLE_API added_token_matcher::added_token_matcher(std::span<const added_token> tokens, bool match_special)
    : match_special_(match_special) {
  for (const added_token& t : tokens)
    if (!t.content.empty()) tokens_.push_back(t);
  ranges::stable_sort(tokens_, {}, &added_token::content);
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    if (i > 0 && tokens_[i].content == tokens_[i - 1].content)
      throw option_error("two added tokens, " + std::to_string(tokens_[i - 1].id) + " and " +
                         std::to_string(tokens_[i].id) + ", are both found as \"" + tokens_[i].content +
                         "\"");
    first_[static_cast<unsigned char>(tokens_[i].content[0])] = true;
  }
}

AISLE_API const added_token* added_token_matcher::longest(std::string_view text) const noexcept {
  // The tokens that share the text's first k bytes are one range of the sorted ones, narrowed byte by byte.
  const added_token* best = nullptr;
  auto first = tokens_.begin(), last = tokens_.end();
  for (std::size_t k = 0; k < text.size() && first != last; ++k) {
    const auto byte_at = [k](const added_token& t) {
      return k < t.content.size() ? static_cast<int>(static_cast<unsigned char>(t.content[k])) : -1;
    };
    const int byte = static_cast<unsigned char>(text[k]);
    first = std::partition_point(first, last, [&](const added_token& t) { return byte_at(t) < byte; });
    last = std::partition_point(first, last, [&](const added_token& t) { return byte_at(t) <= byte; });
    if (first != last && first->content.size() == k + 1) best = &*first;
  }
  return best;
}

AISLE_API added_token_matcher::match added_token_matcher::next(std::string_view text, std::size_t from,
                                                               std::size_t done) const noexcept {
  for (std::size_t at = from; at < text.size(); ++at) {
    if (!first_[static_cast<unsigned char>(text[at])]) continue;
    const added_token* token = longest(text.substr(at));
    if (token == nullptr) continue;
    match m{.begin = at, .end = at + token->content.size(), .id = token->id, .resume = 0};
    m.resume = m.end;
    const auto word_at = [&](std::size_t i) { return is_word_character(decode_utf8(text, i).code); };
    if ((token->special && !match_special_) ||
        (token->single_word && ((m.begin > 0 && word_at(detail::character_before(text, m.begin))) ||
                                (m.end < text.size() && word_at(m.end))))) {
      m.id = -1;
      return m;
    }
    if (token->lstrip)
      while (m.begin > done) {
        const std::size_t before = detail::character_before(text, m.begin);
        if (before < done || !is_white_space(decode_utf8(text, before).code)) break;
        m.begin = before;
      }
    if (token->rstrip)
      while (m.end < text.size()) {
        const decoded_character c = decode_utf8(text, m.end);
        if (!is_white_space(c.code)) break;
        m.end += c.size;
      }
    return m;
  }
  return {.begin = text.size(), .end = text.size(), .id = -1, .resume = text.size()};
}

AISLE_NAMESPACE_END
