#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <optional>
#include <span>

#include <aisle/text/html.hpp>
#include <aisle/base/ascii.hpp>
#include <aisle/text/html_entities.hpp>
#include <aisle/text/unicode.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail::html {

using ascii::is_digit;
using ascii::is_letter;
using ascii::lower;
constexpr bool is_space(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

/// Elements between which a page breaks the line. Sorted.
inline constexpr std::string_view blocks[] = {
    "address",   "article", "aside",   "blockquote", "body",    "br",    "button",   "caption",  "center",
    "dd",        "details", "dialog",  "dir",        "div",     "dl",    "dt",       "fieldset", "figcaption",
    "figure",    "footer",  "form",    "frameset",   "h1",      "h2",    "h3",       "h4",       "h5",
    "h6",        "head",    "header",  "hgroup",     "hr",      "html",  "iframe",   "legend",   "li",
    "listing",   "main",    "menu",    "nav",        "object",  "ol",    "optgroup", "option",   "p",
    "plaintext", "pre",     "section", "select",     "summary", "table", "tbody",    "td",       "textarea",
    "tfoot",     "th",      "thead",   "title",      "tr",      "ul",    "xmp"};

AISLE_API std::optional<char32_t> find_entity(std::span<const entity> table, std::string_view name) {
  const auto at = std::lower_bound(table.begin(), table.end(), name,
                                   [](const entity& e, std::string_view n) { return e.name < n; });
  if (at == table.end() || at->name != name) return std::nullopt;
  return static_cast<char32_t>(at->code);
}

/// What browsers read 0x80 to 0x9F as: Windows-1252, whatever the page says.
inline constexpr std::uint16_t windows_1252[32] = {
    0x20AC, 0x81,   0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x8D,   0x017D, 0x8F,   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,   0x017E, 0x0178};

/// The character of a number; nothing for control characters and noncharacters, which no text has.
AISLE_API std::optional<char32_t> numbered_character(char32_t code) {
  if (code >= 0x80 && code <= 0x9F) return static_cast<char32_t>(windows_1252[code - 0x80]);
  if (code == 0 || (code >= 0xD800 && code <= 0xDFFF) || code > 0x10FFFF) return char32_t{0xFFFD};
  const bool control = (code < 0x20 && !is_space(static_cast<char>(code))) || code == 0x7F;
  if (control || (code >= 0xFDD0 && code <= 0xFDEF) || (code & 0xFFFE) == 0xFFFE) return std::nullopt;
  return code;
}

/// One pass over a text.
class stripper {
 public:
  explicit stripper(std::string_view text) : text_(text) {}

  std::string run() {
    for (std::size_t at = 0; at < text_.size();) {
      const std::size_t next = std::min(text_.find_first_of(cdata_ ? "<&]" : "<&", at), text_.size());
      put(text_.substr(at, next - at));
      if (next == text_.size()) break;
      at = text_[next] == '<' ? markup(next) : text_[next] == '&' ? reference(next) : end_of_cdata(next);
    }
    return std::move(out_);
  }

 private:
  char peek(std::size_t at) const { return at < text_.size() ? text_[at] : '\0'; }

  void put(std::string_view part) {
    if (part.empty()) return;
    if (break_ && !out_.empty() && !is_space(out_.back()) && !is_space(part.front())) out_ += ' ';
    break_ = false;
    out_ += part;
  }

  /// What starts with the `<` at `at`; returns where to go on.
  std::size_t markup(std::size_t at) {
    const char first = peek(at + 1);
    const bool ends = first == '/';
    if (is_letter(first) || (ends && is_letter(peek(at + 2)))) {
      if (const std::size_t end = end_of_tag(at); end != std::string_view::npos) return tag(at, ends, end);
    } else if (first == '!' && text_.substr(at).starts_with("<!--")) {
      return end_of_comment(at);
    } else if (first == '!' && text_.substr(at).starts_with("<![CDATA[")) {
      cdata_ = true;  // of an XML feed: what it holds is the text
      return at + 9;
    } else if (ends || first == '!' || first == '?') {
      if (const std::size_t end = find_close(at); end != std::string_view::npos) return end + 1;
    }
    put(text_.substr(at, 1));
    return at + 1;
  }

  std::size_t end_of_cdata(std::size_t at) {
    if (text_.substr(at).starts_with("]]>")) {
      cdata_ = false;
      return at + 3;
    }
    put("]");
    return at + 1;
  }

  std::size_t tag(std::size_t at, bool ends, std::size_t end) {
    std::string name;
    for (std::size_t i = at + (ends ? 2 : 1); i < end; ++i) {
      if (is_space(text_[i]) || text_[i] == '/' || text_[i] == '>') break;
      name += lower(text_[i]);
    }
    if (std::binary_search(std::begin(blocks), std::end(blocks), name)) break_ = true;
    if (ends || (name != "script" && name != "style")) return end;
    return end_of_raw_text(name, end);
  }

  /// Behind the tag that starts at `at`. A quote counts where it opens an attribute's value.
  std::size_t end_of_tag(std::size_t at) {
    if (!quotes_) {
      const std::size_t end = find_close(at);
      return end == std::string_view::npos ? end : end + 1;
    }
    bool value = false;  // behind an equals sign
    for (std::size_t i = at + 1; i < text_.size(); ++i) {
      const char c = text_[i];
      if (c == '>') return i + 1;
      if (value && (c == '"' || c == '\'')) {
        i = text_.find(c, i + 1);
        if (i == std::string_view::npos) break;
        value = false;
      } else if (c == '=') {
        value = true;
      } else if (!is_space(c)) {
        value = false;
      }
    }
    quotes_ = false;  // one that never closes protects nothing: looked for once
    return end_of_tag(at);
  }

  std::size_t find_close(std::size_t at) {
    if (no_close_) return std::string_view::npos;
    const std::size_t end = text_.find('>', at);
    no_close_ = end == std::string_view::npos;
    return end;
  }

  std::size_t end_of_comment(std::size_t at) const {
    if (text_.substr(at + 4).starts_with('>')) return at + 5;
    if (text_.substr(at + 4).starts_with("->")) return at + 6;
    for (std::size_t i = at + 4; (i = text_.find("--", i)) != std::string_view::npos; ++i) {
      if (peek(i + 2) == '>') return i + 3;
      if (peek(i + 2) == '!' && peek(i + 3) == '>') return i + 4;
    }
    return text_.size();
  }

  /// Behind `</name` and its `>`.
  std::size_t end_of_raw_text(std::string_view name, std::size_t at) {
    for (; (at = text_.find("</", at)) != std::string_view::npos; ++at) {
      if (!ascii::starts_without_case(text_.substr(at + 2), name)) continue;
      const char after = peek(at + 2 + name.size());
      if (is_space(after) || after == '/' || after == '>') {
        const std::size_t end = end_of_tag(at);
        return std::min(end, text_.size());
      }
    }
    return text_.size();
  }

  /// What starts with the `&` at `at`; returns where to go on.
  std::size_t reference(std::size_t at) {
    if (peek(at + 1) == '#') return number(at);
    constexpr std::size_t longest = 32;
    std::size_t end = at + 1;
    while (end < text_.size() && end - at <= longest && (is_letter(text_[end]) || is_digit(text_[end])))
      ++end;
    const std::string_view name = text_.substr(at + 1, end - at - 1);
    if (peek(end) == ';') {
      std::optional<char32_t> code = find_entity(bare_entities, name);
      if (!code) code = find_entity(entities, name);
      if (code) return put_code(*code), end + 1;
    }
    constexpr std::size_t longest_bare = 6;
    for (std::size_t size = std::min(name.size(), longest_bare); size >= 2; --size)
      if (const auto code = find_entity(bare_entities, name.substr(0, size)))
        return put_code(*code), at + 1 + size;
    put("&");
    return at + 1;
  }

  std::size_t number(std::size_t at) {
    const bool hex = lower(peek(at + 2)) == 'x';
    std::size_t end = at + (hex ? 3 : 2);
    const std::size_t start = end;
    char32_t code = 0;
    for (; end < text_.size(); ++end) {
      const char c = lower(text_[end]);
      if (!is_digit(c) && !(hex && c >= 'a' && c <= 'f')) break;
      const auto digit = static_cast<char32_t>(is_digit(c) ? c - '0' : c - 'a' + 10);
      code = std::min<char32_t>(code * (hex ? 16 : 10) + digit, 0x110000);
    }
    if (end == start) return put("&"), at + 1;
    if (const auto character = numbered_character(code)) put_code(*character);
    return end + (peek(end) == ';');
  }

  void put_code(char32_t code) {
    char bytes[4];
    put({bytes, encode_utf8(code, bytes)});
  }

  std::string_view text_;
  std::string out_;
  bool cdata_ = false;     // a `<![CDATA[` is open
  bool break_ = false;     // a block ended: the next word is another
  bool quotes_ = true;     // none so far that never closed
  bool no_close_ = false;  // no `>` follows
};

}  // namespace detail::html

AISLE_API std::string strip_html(std::string_view text) {
  if (text.find_first_of("<&") == std::string_view::npos) return std::string(text);
  return detail::html::stripper(text).run();
}

AISLE_NAMESPACE_END
