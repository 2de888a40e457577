#pragma once

#include <algorithm>
#include <iterator>

#include <aisle/text/character_tables.hpp>
#include <aisle/text/unicode.hpp>
#include <aisle/text/unicode_tables.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail::unicode {

inline std::uint16_t entry_of(char32_t c) noexcept {
  return leaves[branches[roots[c >> 10] * 64u + (c >> 4) % 64] * 16u + c % 16];
}

/// The Unicode Standard, section 3.12: a syllable as its two or three jamo.
inline normalized_character decompose_hangul(char32_t c) noexcept {
  constexpr char32_t first = 0xAC00, lead = 0x1100, vowel = 0x1161, trail = 0x11A7, vowels = 21, trails = 28;
  const char32_t index = c - first, t = index % trails;
  return {character_role::word,
          static_cast<std::uint8_t>(t == 0 ? 2 : 3),
          {lead + index / (vowels * trails), vowel + index / trails % vowels, trail + t}};
}

}  // namespace detail::unicode

AISLE_API normalized_character normalize_character(char32_t code, bool lower_case) noexcept {
  using role = character_role;
  if (code > 0x10FFFF) return {role::gone, 0, {}};
  const std::uint16_t entry = detail::unicode::entry_of(code);
  switch (entry) {
    case 0:
      return {role::word, 1, {code}};
    case 1:
      return {role::gone, 0, {}};
    case 2:
      return lower_case ? normalized_character{role::gone, 0, {}}
                        : normalized_character{role::word, 1, {code}};
    case 3:
      return {role::space, 1, {U' '}};
    case 4:
      return {role::punctuation, 1, {code}};
    case 5:
      return {role::cjk, 1, {code}};
    case 6:
      return lower_case ? detail::unicode::decompose_hangul(code)
                        : normalized_character{role::word, 1, {code}};
    default:
      break;
  }
  const std::uint32_t* mapped = detail::unicode::mapped + (entry - 7);
  const std::uint32_t bits = mapped[0] >> 21;
  if (!lower_case)
    return {(bits & 3) == 2 ? role::cjk : bits & 4 ? role::punctuation : role::word, 1, {code}};
  normalized_character out{
      static_cast<role>(bits & 3), static_cast<std::uint8_t>(bits >> 3), {mapped[0] & 0x1FFFFF}};
  for (std::uint8_t i = 1; i < out.size; ++i) out.codes[i] = mapped[i];
  return out;
}

AISLE_API normalized_character lower_case_of(char32_t code) noexcept {
  using detail::unicode::case_range, detail::unicode::lower_cases;
  if (code == 0x130) return {character_role::word, 2, {U'i', 0x307}};
  const auto after = std::upper_bound(std::begin(lower_cases), std::end(lower_cases), code,
                                      [](char32_t c, const case_range& r) { return c < r.first; });
  if (after != std::begin(lower_cases)) {
    const case_range& r = after[-1];
    if (code <= r.last && (code - r.first) % r.step == 0)
      return {character_role::word, 1, {r.becomes + (code - r.first)}};
  }
  return {character_role::word, 1, {code}};
}

AISLE_API bool is_word_character(char32_t code) noexcept {
  using detail::unicode::character_range, detail::unicode::words;
  const auto after = std::upper_bound(std::begin(words), std::end(words), code,
                                      [](char32_t c, const character_range& r) { return c < r.first; });
  return after != std::begin(words) && code <= after[-1].last;
}

AISLE_API normalized_character normalize_character(char32_t code, const character_rules& rules) noexcept {
  const bool fully = rules.lower_case && rules.strip_accents;
  normalized_character n = normalize_character(code, fully);
  if (!rules.clean_text) {
    // What cleaning would have removed, or made U+0020, stays what it is.
    if (is_white_space(code)) return {character_role::space, 1, {code}};
    if (n.role == character_role::gone && normalize_character(code, false).role == character_role::gone)
      n = {character_role::word, 1, {code}};
  }
  if (n.role == character_role::cjk && !rules.space_cjk) n.role = character_role::word;
  if (rules.lower_case && !fully && n.role == character_role::word) return lower_case_of(code);
  return n;
}

AISLE_NAMESPACE_END
