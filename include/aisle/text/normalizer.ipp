#pragma once

#include <algorithm>

#include <aisle/base/error.hpp>
#include <aisle/base/ranges.hpp>
#include <aisle/io/json.hpp>
#include <aisle/io/utf8.hpp>
#include <aisle/text/normalizer.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// `of` of every code point, with spaces around CJK characters.
template <class Of>
std::string map_characters(std::string_view text, Of of) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const decoded_character c = decode_utf8(text, at);
    at += c.size;
    const normalized_character n = of(c.code);
    if (n.role == character_role::cjk) out += ' ';
    for (std::uint8_t i = 0; i < n.size; ++i) append_utf8(out, n.codes[i]);
    if (n.role == character_role::cjk) out += ' ';
  }
  return out;
}

AISLE_API void append_aligned(aligned_text& out, char32_t code, std::uint32_t begin, std::uint32_t end) {
  append_utf8(out.text, code);
  out.begin.resize(out.text.size(), begin);
  out.end.resize(out.text.size(), end);
}

/// map_characters, with where it came from.
template <class Of>
aligned_text align_characters(const aligned_text& in, Of of) {
  aligned_text out;
  for (std::size_t at = 0; at < in.text.size();) {
    const decoded_character c = decode_utf8(in.text, at);
    const std::uint32_t begin = in.begin[at], end = in.end[at + c.size - 1];
    at += c.size;
    const normalized_character n = of(c.code);
    if (n.role == character_role::cjk) append_aligned(out, U' ', begin, end);
    for (std::uint8_t i = 0; i < n.size; ++i) append_aligned(out, n.codes[i], begin, end);
    if (n.role == character_role::cjk) append_aligned(out, U' ', begin, end);
  }
  return out;
}

AISLE_API void append_part(aligned_text& out, const aligned_text& in, std::size_t from, std::size_t to) {
  const auto part = [&](auto& put, const auto& of) {
    put.insert(put.end(), of.begin() + static_cast<std::ptrdiff_t>(from),
               of.begin() + static_cast<std::ptrdiff_t>(to));
  };
  part(out.text, in.text);
  part(out.begin, in.begin);
  part(out.end, in.end);
}

/// Text that is put in, all of it from one place.
AISLE_API void append_inserted(aligned_text& out, std::string_view text, std::uint32_t begin,
                               std::uint32_t end) {
  out.text += text;
  out.begin.resize(out.text.size(), begin);
  out.end.resize(out.text.size(), end);
}

AISLE_API std::string normalize_step(std::string_view text, const text_normalizer::step& step) {
  using what = text_normalizer::step::what;
  std::string out;
  switch (step.kind) {
    case what::bert:
      return map_characters(text, [&](char32_t c) { return normalize_character(c, step.rules); });
    case what::lower_case:
      return map_characters(text, lower_case_of);
    case what::strip: {
      const auto space_at = [&](std::size_t at) { return is_white_space(decode_utf8(text, at).code); };
      while (step.left && !text.empty() && space_at(0)) text.remove_prefix(decode_utf8(text, 0).size);
      while (step.right && !text.empty()) {
        std::size_t last = text.size() - 1;
        while (last > 0 && (static_cast<unsigned char>(text[last]) & 0xC0) == 0x80) --last;
        if (!space_at(last)) break;
        text = text.substr(0, last);
      }
      return std::string(text);
    }
    case what::prepend:
      if (!text.empty()) out = step.text;
      break;
    case what::replace:
      for (std::size_t at; (at = text.find(step.pattern)) != std::string_view::npos;
           text.remove_prefix(at + step.pattern.size()))
        out.append(text.substr(0, at)).append(step.text);
      break;
  }
  return out.append(text);
}

/// normalize_step, with where it came from.
AISLE_API aligned_text align_step(const aligned_text& in, const text_normalizer::step& step) {
  using what = text_normalizer::step::what;
  aligned_text out;
  switch (step.kind) {
    case what::bert:
      return align_characters(in, [&](char32_t c) { return normalize_character(c, step.rules); });
    case what::lower_case:
      return align_characters(in, lower_case_of);
    case what::strip: {
      auto left = step;
      left.right = false;
      const std::size_t from = in.text.size() - (step.left ? normalize_step(in.text, left) : in.text).size();
      append_part(out, in, from, from + normalize_step(in.text, step).size());
      break;
    }
    case what::prepend:
      if (!in.text.empty()) append_inserted(out, step.text, in.begin.front(), in.end.front());
      append_part(out, in, 0, in.text.size());
      break;
    case what::replace: {
      std::size_t done = 0;
      for (std::size_t at; (at = in.text.find(step.pattern, done)) != std::string::npos;) {
        append_part(out, in, done, at);
        done = at + step.pattern.size();
        append_inserted(out, step.text, in.begin[done - 1], in.end[done - 1]);
      }
      append_part(out, in, done, in.text.size());
      break;
    }
  }
  return out;
}

}  // namespace detail

AISLE_API aligned_text text_normalizer::align(std::string_view text) const {
  if (text.size() >= UINT32_MAX)
    throw option_error("a text of " + std::to_string(text.size()) + " bytes, expected less than 4 GB");
  aligned_text out;
  out.text.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const decoded_character c = decode_utf8(text, at);
    const std::size_t end = at + c.size;
    detail::append_aligned(out, c.code, static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(end));
    at = end;
  }
  for (const step& s : steps_) out = detail::align_step(out, s);
  return out;
}

AISLE_API std::string normalize_text(std::string_view text, const normalizer_options& options) {
  return detail::map_characters(text, [&](char32_t c) { return normalize_character(c, options.lower_case); });
}

AISLE_API void text_normalizer::add(const json& normalizer) {
  const auto type = normalizer.get<std::string>("type");
  if (type == "Sequence") {
    for (const json& n : normalizer.at("normalizers").elements()) add(n);
  } else if (type == "BertNormalizer") {
    character_rules rules{.clean_text = normalizer.get("clean_text", true),
                          .space_cjk = normalizer.get("handle_chinese_chars", true),
                          .lower_case = normalizer.get("lowercase", true)};
    rules.strip_accents = normalizer.get("strip_accents", rules.lower_case);
    if (rules.strip_accents && !rules.lower_case)
      throw option_error(normalizer.where() + ": strip_accents without lowercase is not supported");
    steps_.push_back({.rules = rules});
  } else if (type == "Lowercase") {
    steps_.push_back({.kind = step::what::lower_case});
  } else if (type == "Strip") {
    steps_.push_back({.kind = step::what::strip,
                      .left = normalizer.get("strip_left", true),
                      .right = normalizer.get("strip_right", true)});
  } else if (type == "Prepend") {
    steps_.push_back({.kind = step::what::prepend, .text = normalizer.get<std::string>("prepend")});
  } else if (const json* pattern = normalizer.find("pattern");
             type == "Replace" && pattern != nullptr && pattern->contains("String")) {
    step r{.kind = step::what::replace,
           .pattern = pattern->get<std::string>("String"),
           .text = normalizer.get<std::string>("content")};
    if (r.pattern.empty()) pattern->fail("an empty pattern");
    steps_.push_back(std::move(r));
  } else {
    throw option_error(
        normalizer.where() + ": the normalizer " + type +
        (type == "Replace" ? " of a regular expression" : "") +
        " is not built in, expected BertNormalizer, Lowercase, Strip, Prepend, or Replace of a "
        "string");
  }
}

AISLE_API text_normalizer text_normalizer::from_json(const json& normalizer) {
  text_normalizer n;
  n.steps_.clear();
  if (!normalizer.is_null()) n.add(normalizer);
  return n;
}

AISLE_API void text_normalizer::lower_first() {
  if (ranges::any_of(steps_, [](const step& s) { return s.kind == step::what::lower_case; })) return;
  if (const character_rules* r = rules()) {
    // Of every code point, lower case first comes to the same as lower case last (a test compares).
    steps_[0].rules = {r->clean_text, r->space_cjk, true, r->strip_accents};
  } else {
    steps_.insert(steps_.begin(), step{.kind = step::what::lower_case});
  }
}

AISLE_API std::string text_normalizer::operator()(std::string_view text) const {
  std::string out = replace_invalid_utf8(text);
  for (const step& s : steps_) out = detail::normalize_step(out, s);
  return out;
}

AISLE_NAMESPACE_END
