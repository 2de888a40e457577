#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <vector>

#include <aisle/io/utf8.hpp>
#include <aisle/text/case_fold.hpp>
#include <aisle/text/unicode.hpp>
#include <aisle/text/unicode_class_tables.hpp>
#include <aisle/text/unicode_fold.hpp>
#include <aisle/text/unicode_fold_tables.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail::unicode_fold {

inline const character_class& class_of(char32_t c) noexcept {
  return classes[leaves[branches[roots[c >> 10] * 64u + (c >> 4) % 64] * 16u + c % 16]];
}

/// What the two compose to, 0 for nothing.
AISLE_API char32_t composed(char32_t first, char32_t second) noexcept {
  // The Unicode Standard, section 3.12: syllables of Hangul.
  constexpr char32_t syllable = 0xAC00, lead = 0x1100, vowel = 0x1161, trail = 0x11A7;
  constexpr char32_t leads = 19, vowels = 21, trails = 28;
  if (first - lead < leads && second - vowel < vowels)
    return syllable + ((first - lead) * vowels + (second - vowel)) * trails;
  if (first - syllable < leads * vowels * trails && (first - syllable) % trails == 0 && second > trail &&
      second < trail + trails)
    return first + (second - trail);

  const auto less = [](const composition& a, const composition& b) {
    return a.first != b.first ? a.first < b.first : a.second < b.second;
  };
  const composition wanted{first, second, 0};
  const auto at = std::lower_bound(std::begin(compositions), std::end(compositions), wanted, less);
  return at != std::end(compositions) && !less(wanted, *at) ? at->composed : 0;
}

/// Puts decomposed code points in canonical order and composes them: a starter waits for what follows it.
class composer {
 public:
  explicit composer(std::string& out) : out_(out) {}

  void add(char32_t code) {
    const character_class& of = class_of(code);
    if (of.combining != 0) return marks_.push_back({code, of.combining});
    order_marks();
    const bool vowel_or_trail = code >= 0x1161 && code <= 0x11C2;
    if ((of.combines != 0 || vowel_or_trail) && marks_.empty())
      if (const char32_t both = composed(starter_, code); both != 0) {
        starter_ = both;
        return;
      }
    write();
    starter_ = code;
  }

  void finish() {
    if (starter_ == none && marks_.empty()) return;
    order_marks();
    write();
  }

 private:
  struct mark {
    char32_t code;
    std::uint8_t combining;
  };
  static constexpr char32_t none = 0x110000, iota_below = 0x345, iota = 0x3B9;

  void order_marks() {
    if (marks_.empty()) return;
    if (marks_.size() > 1)
      std::stable_sort(marks_.begin(), marks_.end(),
                       [](const mark& a, const mark& b) { return a.combining < b.combining; });
    std::size_t kept = 0;
    int last = 0;
    for (const mark m : marks_) {
      // A mark of the same class in between blocks it.
      const char32_t both = last < m.combining ? composed(starter_, m.code) : 0;
      if (both != 0) {
        starter_ = both;
      } else {
        marks_[kept++] = m;
        last = m.combining;
      }
    }
    marks_.resize(kept);
    // Its class is the highest. Without its case it is a letter.
    std::size_t letters = 0;
    for (; !marks_.empty() && marks_.back().code == iota_below; ++letters) marks_.pop_back();
    for (; letters > 0; --letters) {
      write();
      starter_ = iota;
    }
  }

  void write() {
    if (starter_ != none) append_utf8(out_, starter_);
    for (const mark& m : marks_) append_utf8(out_, m.code);
    starter_ = none;
    marks_.clear();
  }

  std::string& out_;
  char32_t starter_ = none;
  std::vector<mark> marks_;
};

AISLE_API void fold(char32_t c, composer& to) {
  if (class_of(c).folds == 0) return to.add(c);
  const fold_range& r = *std::prev(std::upper_bound(
      std::begin(ranges), std::end(ranges), c, [](char32_t v, const fold_range& x) { return v < x.first; }));
  if (r.count == 0) return to.add(r.value + (c - r.first));
  const std::uint32_t* codes = pool + r.value + (c - r.first) * r.count;
  for (std::uint8_t i = 0; i < r.count; ++i) to.add(codes[i]);
}

}  // namespace detail::unicode_fold

AISLE_API std::string fold_nfkc(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  detail::unicode_fold::composer composer(out);
  const auto ascii = [&](std::size_t at) {
    return at >= text.size() || static_cast<unsigned char>(text[at]) < 0x80;
  };
  for (std::size_t at = 0; at < text.size();) {
    if (ascii(at) && ascii(at + 1)) {  // no mark can follow
      composer.finish();
      const char c = text[at++];
      out += c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
      continue;
    }
    const decoded_character c = decode_utf8(text, at);
    at += c.size;
    detail::unicode_fold::fold(c.code, composer);
  }
  composer.finish();
  return out;
}

AISLE_API std::string fold_but_for_capitals(std::string_view text) {
  std::string marked;
  for (std::size_t at = 0; at < text.size();) {
    const decoded_character c = decode_utf8(text, at);
    if (fold_case(c.code) != c.code) marked += '^';
    append_utf8(marked, c.code);
    at += c.size;
  }
  return fold_nfkc(marked);
}

AISLE_API bool is_alphanumeric(char32_t code) noexcept {
  return code <= 0x10FFFF && detail::unicode_fold::class_of(code).word != 0;
}

AISLE_NAMESPACE_END
