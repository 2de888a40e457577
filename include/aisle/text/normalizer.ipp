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

AISLE_API std::string normalize_step(std::string_view text, const text_normalizer::step& step) {
  if (const auto* rules = std::get_if<character_rules>(&step))
    return map_characters(text, [&](char32_t c) { return normalize_character(c, *rules); });
  if (std::holds_alternative<text_normalizer::lower_case>(step)) return map_characters(text, lower_case_of);
  if (const auto* s = std::get_if<text_normalizer::strip>(&step)) {
    const auto space_at = [&](std::size_t at) { return is_white_space(decode_utf8(text, at).code); };
    while (s->left && !text.empty() && space_at(0)) text.remove_prefix(decode_utf8(text, 0).size);
    while (s->right && !text.empty()) {
      std::size_t last = text.size() - 1;
      while (last > 0 && (static_cast<unsigned char>(text[last]) & 0xC0) == 0x80) --last;
      if (!space_at(last)) break;
      text = text.substr(0, last);
    }
    return std::string(text);
  }
  if (const auto* p = std::get_if<text_normalizer::prepend>(&step))
    return text.empty() ? std::string() : p->text + std::string(text);
  const auto& r = std::get<text_normalizer::replace>(step);
  std::string out;
  for (std::size_t at; (at = text.find(r.pattern)) != std::string_view::npos;
       text.remove_prefix(at + r.pattern.size()))
    out.append(text.substr(0, at)).append(r.content);
  return out.append(text);
}

}  // namespace detail

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
    steps_.emplace_back(rules);
  } else if (type == "Lowercase") {
    steps_.emplace_back(lower_case{});
  } else if (type == "Strip") {
    steps_.emplace_back(strip{normalizer.get("strip_left", true), normalizer.get("strip_right", true)});
  } else if (type == "Prepend") {
    steps_.emplace_back(prepend{normalizer.get<std::string>("prepend")});
  } else if (const json* pattern = normalizer.find("pattern");
             type == "Replace" && pattern != nullptr && pattern->contains("String")) {
    replace r{pattern->get<std::string>("String"), normalizer.get<std::string>("content")};
    if (r.pattern.empty()) pattern->fail("an empty pattern");
    steps_.emplace_back(std::move(r));
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
  if (ranges::any_of(steps_, [](const step& s) { return std::holds_alternative<lower_case>(s); })) return;
  if (const character_rules* r = rules()) {
    // Of every code point, lower case first comes to the same as lower case last (a test compares).
    steps_ = {character_rules{r->clean_text, r->space_cjk, true, r->strip_accents}};
  } else {
    steps_.insert(steps_.begin(), step{lower_case{}});
  }
}

AISLE_API std::string text_normalizer::operator()(std::string_view text) const {
  std::string out = replace_invalid_utf8(text);
  for (const step& s : steps_) out = detail::normalize_step(out, s);
  return out;
}

AISLE_NAMESPACE_END
