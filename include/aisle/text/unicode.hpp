#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <aisle/base/config.hpp>
#include <aisle/io/utf8.hpp>

// UTF-8 decoding, and what BERT's tokenizers do with each code point.

AISLE_NAMESPACE_BEGIN

/// One code point of a text and how many bytes it took.
struct decoded_character {
  char32_t code;
  std::uint32_t size;
};

/// The code point at `text[at]` (at < text.size()). Bytes that are not UTF-8 give U+FFFD for each maximal
/// subpart, as Python's `bytes.decode("utf-8", "replace")` does.
constexpr decoded_character decode_utf8(std::string_view text, std::size_t at) noexcept {
  const auto byte = [&](std::size_t i) {
    return static_cast<char32_t>(static_cast<unsigned char>(text[at + i]));
  };
  switch (utf8_sequence(text, at)) {
    case 1:
      return {byte(0), 1};
    case 2:
      return {(byte(0) & 0x1F) << 6 | (byte(1) & 0x3F), 2};
    case 3:
      return {(byte(0) & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F), 3};
    case 4:
      return {(byte(0) & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 | (byte(3) & 0x3F), 4};
    default:
      return {0xFFFD, static_cast<std::uint32_t>(utf8_broken_length(text, at))};
  }
}

/// How a code point takes part in BERT tokenisation.
enum class character_role : std::uint8_t {
  word,         ///< joins its neighbours
  punctuation,  ///< a word of its own
  cjk,          ///< a word of its own, by spaces that the normalizer puts around it
  space,        ///< ends a word
  gone,         ///< removed; its neighbours join
};

/// A code point after cleaning, canonical decomposition, removal of nonspacing marks and lower-casing.
struct normalized_character {
  character_role role;
  std::uint8_t size;  ///< code points that remain; 0 when gone, 1 to 3 otherwise
  std::array<char32_t, 3> codes;
};

/// What the reference (Rust `tokenizers`: BertNormalizer, BertPreTokenizer) does to one code point. It
/// depends on no neighbour. `lower_case` false is a cased model: cleaning and CJK spacing alone.
///
/// The reference mixes three Unicode versions (categories 8.0, decomposition before 13.0, lower case 17.0),
/// so that these are tables of our own, taken from its behaviour; see tools/make_unicode_tables.cpp.
normalized_character normalize_character(char32_t code, bool lower_case) noexcept;

/// The settings of the reference's BertNormalizer.
struct character_rules {
  bool clean_text = true;  ///< controls are removed, white space becomes U+0020
  bool space_cjk = true;   ///< CJK characters are words of their own
  bool lower_case = true;
  bool strip_accents = true;  ///< canonical decomposition without nonspacing marks; needs lower_case
  friend bool operator==(const character_rules&, const character_rules&) = default;
};
/// The same under these rules.
normalized_character normalize_character(char32_t code, const character_rules& rules) noexcept;

/// The code point in lower case, one code point but for U+0130, as the reference's Lowercase does it.
normalized_character lower_case_of(char32_t code) noexcept;
/// `\w` of the reference: letters, marks, decimal digits, connectors.
bool is_word_character(char32_t code) noexcept;
/// The property White_Space.
constexpr bool is_white_space(char32_t c) noexcept {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/text/unicode.ipp>
#endif
