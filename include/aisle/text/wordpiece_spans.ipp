#pragma once

#include <algorithm>
#include <string>

#include <aisle/base/error.hpp>
#include <aisle/io/utf8.hpp>
#include <aisle/text/unicode.hpp>
#include <aisle/text/wordpiece.hpp>

// Where pieces stand in their text. Apart from encode(), which is fast because it keeps nothing of the kind;
// that both give the same ids is tested and fuzzed.

AISLE_NAMESPACE_BEGIN

namespace detail {

/// Keeps `count` of the pieces.
AISLE_API void cut_pieces(wordpiece::spanned_encoding& e, std::int64_t count, bool keep_end) {
  const auto cut = [&](auto& values) {
    const auto extra = static_cast<std::ptrdiff_t>(values.size()) - static_cast<std::ptrdiff_t>(count);
    if (extra <= 0) return;
    if (keep_end)
      values.erase(values.begin(), values.begin() + extra);
    else
      values.erase(values.end() - extra, values.end());
  };
  cut(e.ids);
  cut(e.spans);
}

/// How many pieces stay of two texts that have `first` and `second`. Source: Rust tokenizers,
/// truncate_encodings.
AISLE_API std::pair<std::int64_t, std::int64_t> share_room(std::int64_t first, std::int64_t second,
                                                           std::int64_t room) {
  const std::int64_t shorter = std::min(first, second);
  std::int64_t less = shorter, more = shorter > room ? shorter : std::max(shorter, room - shorter);
  if (less + more > room) {
    less = room / 2;
    more = less + room % 2;
  }
  return first > second ? std::pair(more, less) : std::pair(less, more);
}

AISLE_API void append_encoding(wordpiece::spanned_encoding& out, const wordpiece::spanned_encoding& part,
                               std::int32_t type, std::int32_t text) {
  out.ids.insert(out.ids.end(), part.ids.begin(), part.ids.end());
  out.spans.insert(out.spans.end(), part.spans.begin(), part.spans.end());
  out.types.resize(out.ids.size(), type);
  out.texts.resize(out.ids.size(), text);
}

AISLE_API void append_special(wordpiece::spanned_encoding& out, std::int32_t id, std::int32_t type) {
  if (id < 0) return;
  out.ids.push_back(id);
  out.spans.push_back({});
  out.types.push_back(type);
  out.texts.push_back(-1);
}

}  // namespace detail

/// The pieces of one word.
AISLE_API void wordpiece::collect_pieces(const aligned_text& text, std::size_t begin, std::size_t end,
                                         spanned_encoding& out) const {
  if (begin == end) return;
  const std::string_view word = std::string_view(text.text).substr(begin, end - begin);
  const std::size_t before = out.ids.size();
  const auto put = [&](std::int32_t id, std::size_t from, std::size_t to) {
    out.ids.push_back(id);
    out.spans.push_back({text.begin[from], text.end[to - 1]});
  };
  std::int64_t characters = 0;
  for (std::size_t at = 0; at < word.size(); ++characters) at += decode_utf8(word, at).size;
  bool known = characters <= options_.max_input_chars_per_word;
  for (std::size_t at = 0; known && at < word.size();) {
    const auto [id, n] = vocabulary_.longest_match(word.substr(at), at > 0);
    known = id >= 0;
    if (known) put(id, begin + at, begin + at + n);
    at += n;
  }
  if (known) return;
  out.ids.resize(before);
  out.spans.resize(before);
  put(unk_, begin, end);
}

AISLE_API void wordpiece::collect_words(const aligned_text& text, std::size_t begin, std::size_t end,
                                        spanned_encoding& out) const {
  std::size_t word = begin;
  for (std::size_t at = begin; at < end;) {
    const decoded_character d = decode_utf8(text.text, at);
    const std::size_t next = at + d.size;
    const bool space = is_white_space(d.code),
               alone = normalize_character(d.code, false).role == character_role::punctuation;
    if (space || alone) {
      collect_pieces(text, word, at, out);
      if (alone) collect_pieces(text, at, next, out);
      word = next;
    }
    at = next;
  }
  collect_pieces(text, word, end, out);
}

AISLE_API void wordpiece::collect(std::string_view text, spanned_encoding& out) const {
  raw_.split(text, [&](const added_token_matcher::part& p) {
    const auto base = static_cast<std::size_t>(p.text.data() - text.data());
    if (p.id >= 0) {
      out.ids.push_back(p.id);
      out.spans.push_back({base, base + p.text.size()});
      return;
    }
    const aligned_text aligned = normalizer_.align(p.text);
    const std::size_t first = out.spans.size();
    normalized_.split(aligned.text, [&](const added_token_matcher::part& q) {
      const auto begin = static_cast<std::size_t>(q.text.data() - aligned.text.data()),
                 end = begin + q.text.size();
      if (q.id < 0) return collect_words(aligned, begin, end, out);
      out.ids.push_back(q.id);
      out.spans.push_back({aligned.begin[begin], aligned.end[end - 1]});
    });
    for (std::size_t i = first; i < out.spans.size(); ++i) {
      out.spans[i].begin += base;
      out.spans[i].end += base;
    }
  });
}

AISLE_API wordpiece::spanned_encoding wordpiece::encode_spans(std::string_view text,
                                                              const wordpiece_encode_options& options) const {
  const std::int64_t around = (cls_ >= 0) + (sep_ >= 0), room = options.max_length - around;
  spanned_encoding pieces, out;
  collect(text, pieces);
  const auto n = static_cast<std::int64_t>(pieces.ids.size());
  if (options.cut != truncation::none) {
    if (room < 0)
      throw option_error("max_length is " + std::to_string(options.max_length) + ", expected at least " +
                         std::to_string(around) + " for [CLS] and [SEP]");
    if (room > 0 && n > room && options.cut == truncation::only_second)
      throw option_error("truncation only_second cuts the second text of a pair, and there is one text");
    detail::cut_pieces(pieces, room, options.keep_end.value_or(keep_end_));
  }
  detail::append_special(out, cls_, 0);
  detail::append_encoding(out, pieces, 0, 0);
  detail::append_special(out, sep_, 0);
  out.full_length = n + around;
  return out;
}

AISLE_API wordpiece::spanned_encoding wordpiece::encode_pair(std::string_view first, std::string_view second,
                                                             const wordpiece_encode_options& options) const {
  const std::int64_t around = static_cast<std::int64_t>(pair_.size()) - 2, room = options.max_length - around;
  spanned_encoding a, b, out;
  collect(first, a);
  collect(second, b);
  const auto n = static_cast<std::int64_t>(a.ids.size()), m = static_cast<std::int64_t>(b.ids.size());
  if (options.cut != truncation::none) {
    if (room < 0)
      throw option_error("max_length is " + std::to_string(options.max_length) + ", expected at least " +
                         std::to_string(around) + " for what stands around a pair");
    auto [keep_a, keep_b] = detail::share_room(n, m, room);
    if (options.cut == truncation::only_first) keep_a = room - m, keep_b = m;
    if (options.cut == truncation::only_second) keep_a = n, keep_b = room - n;
    if (room == 0) keep_a = keep_b = 0;  // as in the reference: nothing of either
    if (n + m > room) {
      if (room > 0 && (keep_a < 0 || keep_b < 0 || (options.cut == truncation::only_first && keep_a == 0) ||
                       (options.cut == truncation::only_second && keep_b == 0)))
        throw option_error("the pair has " + std::to_string(n) + " and " + std::to_string(m) +
                           " pieces: cutting the " +
                           (options.cut == truncation::only_first ? "first" : "second") +
                           " alone leaves no room in " + std::to_string(options.max_length) + " ids");
      const bool keep_end = options.keep_end.value_or(keep_end_);
      detail::cut_pieces(a, keep_a, keep_end);
      detail::cut_pieces(b, keep_b, keep_end);
    }
  }
  for (const pair_part& part : pair_) {
    if (part.id >= 0)
      detail::append_special(out, part.id, part.type);
    else
      detail::append_encoding(out, part.text == 0 ? a : b, part.type, part.text);
  }
  out.full_length = n + m + around;
  return out;
}

AISLE_NAMESPACE_END
