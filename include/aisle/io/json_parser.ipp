#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aisle/base/number.hpp>
#include <aisle/base/process.hpp>
#include <aisle/io/json.hpp>
#include <aisle/io/utf8.hpp>

// RFC 8259, no more: no comments, no trailing commas, no NaN.

AISLE_NAMESPACE_BEGIN

namespace detail {

AISLE_API std::optional<unsigned> json_hex4(std::string_view text, std::size_t at) {
  if (at + 4 > text.size()) return std::nullopt;
  unsigned v = 0;
  const auto [end, code] = std::from_chars(text.data() + at, text.data() + at + 4, v, 16);
  if (code != std::errc() || end != text.data() + at + 4) return std::nullopt;
  return v;
}

/// Position of the next \u escape from `from` that is half of a surrogate pair without its other half, or
/// npos.
AISLE_API std::size_t find_lone_surrogate(std::string_view text, std::size_t from) {
  for (std::size_t i = from; (i = text.find('\\', i)) != std::string_view::npos;) {
    const auto code = i + 1 < text.size() && text[i + 1] == 'u' ? json_hex4(text, i + 2) : std::nullopt;
    if (!code) {
      i += 2;  // the escaped character, a backslash too, is no start of an escape
      continue;
    }
    if (*code < 0xD800 || *code > 0xDFFF) {
      i += 6;
      continue;
    }
    const bool follows = *code < 0xDC00 && text.substr(std::min(i + 6, text.size()), 2) == "\\u";
    const auto low = follows ? json_hex4(text, i + 8) : std::nullopt;
    if (!low || *low < 0xDC00 || *low > 0xDFFF) return i;
    i += 12;
  }
  return std::string_view::npos;
}

[[noreturn]] AISLE_API void throw_json_syntax(std::string_view where, std::string_view text, std::size_t at,
                                              const std::string& what) {
  const std::string_view before = text.substr(0, at);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const auto start = before.find_last_of('\n');
  const std::size_t column = start == std::string_view::npos ? at + 1 : at - start;
  throw format_error(std::string(where),
                     "line " + std::to_string(line) + ", column " + std::to_string(column) + ": " + what);
}

/// What is parsed of a text: itself, or `repaired`, where what is no Unicode became U+FFFD. Throws for what
/// options do not allow.
AISLE_API std::string_view repair_json(std::string_view text, std::string& repaired, std::string_view where,
                                       const json_options& options) {
  if (const auto bad = find_invalid_utf8(text); bad != std::string_view::npos) {
    if (options.strict_unicode) throw_json_syntax(where, text, bad, "invalid UTF-8");
    repaired = replace_invalid_utf8(text);
    text = repaired;
  }
  if (const auto nul = text.find('\0'); nul != std::string_view::npos)
    throw_json_syntax(where, text, nul, "a NUL byte");
  if (auto bad = find_lone_surrogate(text, 0); bad != std::string_view::npos) {
    if (options.strict_unicode) throw_json_syntax(where, text, bad, "half of a surrogate pair");
    if (repaired.empty()) repaired = text;
    for (; bad != std::string::npos; bad = find_lone_surrogate(repaired, bad))
      repaired.replace(bad, 6, "\\ufffd");
    text = repaired;
  }
  return text;
}

/// Whether a number that no double holds is too small and not too large: `text` as JSON writes it.
AISLE_API bool is_tiny_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  const std::string_view digits = text.substr(0, text.find_first_of("eE"));
  std::int64_t power = 0;
  if (digits.size() < text.size()) {
    std::string_view exponent = text.substr(digits.size() + 1);
    if (exponent.starts_with('+')) exponent.remove_prefix(1);
    if (std::from_chars(exponent.data(), exponent.data() + exponent.size(), power).ec != std::errc())
      return exponent.starts_with('-');
  }
  // Digits before the point, less the zeros that follow it where there are none.
  const std::size_t point = std::min(digits.find('.'), digits.size()), some = digits.find_first_not_of("0.");
  if (some == std::string_view::npos) return true;
  const auto before = static_cast<std::int64_t>(point), first = static_cast<std::int64_t>(some);
  return power < (first < before ? -before : first - before);
}

}  // namespace detail

/// Reads a text that repair_json() has seen. What it reads it keeps unless it is asked not to. No recursion:
/// a document may be as deep as the options allow.
class json_parser {
 public:
  json_parser(std::string_view text, std::string_view where, const json_options& options, bool keep)
      : text_(text), where_(where), options_(options), keep_(keep) {}

  json read() {
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
    value();
    while (!ends_.empty()) next();
    blanks();
    if (at_ < text_.size()) fail("the end of the document");
    return std::move(root_);
  }

 private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool at_digit() const { return peek() >= '0' && peek() <= '9'; }
  void blanks() {
    while (peek() == ' ' || peek() == '\n' || peek() == '\r' || peek() == '\t') ++at_;
  }
  [[noreturn]] AISLE_API void fail(std::string_view expected) const;
  AISLE_API void literal(std::string_view word, json v);
  AISLE_API void number();
  AISLE_API std::string string();
  AISLE_API void escape(std::string& out);
  AISLE_API void value();
  AISLE_API void next();

  AISLE_API void count();
  AISLE_API std::shared_ptr<detail::json_place> place_in(std::string name) const;
  AISLE_API void add(json v);
  AISLE_API void start(json container);
  AISLE_API void end();
  AISLE_API void put(json v);
  AISLE_API void settle_duplicates(json& object) const;

  std::string_view text_, where_;
  const json_options& options_;
  bool keep_;
  std::size_t at_ = 0;
  std::string ends_;  // the brackets that end the containers that are open, the innermost last
  bool just_opened_ = false;

  json root_{};
  std::vector<json> open_{};
  std::vector<std::string> keys_{};  // of those of `open_` that are objects: the member being read
  std::uint64_t values_ = 0;
};

AISLE_API void json_parser::fail(std::string_view expected) const {
  std::string found = "the end";
  if (const auto c = static_cast<unsigned char>(peek()); at_ < text_.size() && c < 0x20) {
    found = "the byte " + std::to_string(c);
  } else if (at_ < text_.size()) {
    std::size_t last = at_;
    while (last < text_.size() && last < at_ + 20 && static_cast<unsigned char>(text_[last]) >= 0x20)
      last += utf8_sequence(text_, last);
    found = "'" + std::string(text_.substr(at_, last - at_)) + "'";
  }
  detail::throw_json_syntax(where_, text_, at_, "expected " + std::string(expected) + ", found " + found);
}

AISLE_API void json_parser::literal(std::string_view word, json v) {
  for (const char c : word) {
    if (peek() != c) fail("'" + std::string(word) + "'");
    ++at_;
  }
  add(std::move(v));
}

AISLE_API void json_parser::number() {
  const std::size_t first = at_;
  const auto digits = [&] {
    if (!at_digit()) fail("a digit");
    while (at_digit()) ++at_;
  };
  bool integer = true;
  if (peek() == '-') ++at_;
  if (peek() == '0')
    ++at_;
  else
    digits();
  if (peek() == '.') {
    integer = false;
    ++at_;
    digits();
  }
  if (peek() == 'e' || peek() == 'E') {
    integer = false;
    ++at_;
    if (peek() == '+' || peek() == '-') ++at_;
    digits();
  }
  const std::string_view token = text_.substr(first, at_ - first);
  const char* const last = token.data() + token.size();
  if (std::int64_t v = 0; integer && std::from_chars(token.data(), last, v).ec == std::errc())
    return add(json(v));
  double v = 0;
  if (parse_number(token.data(), last, v).ec != std::errc()) {
    if (!detail::is_tiny_number(token)) {
      at_ = first;
      fail("a number that a double holds");
    }
    v = token.starts_with('-') ? -0.0 : 0.0;
  }
  if (!integer) return add(json(v));
  json exact;
  exact.set_long_integer(std::string(token));
  add(std::move(exact));
}

AISLE_API void json_parser::escape(std::string& out) {
  const std::size_t first = at_++;  // the backslash
  const char c = peek();
  ++at_;
  switch (c) {
    case '"':
    case '\\':
    case '/':
      out += c;
      return;
    case 'b':
      out += '\b';
      return;
    case 'f':
      out += '\f';
      return;
    case 'n':
      out += '\n';
      return;
    case 'r':
      out += '\r';
      return;
    case 't':
      out += '\t';
      return;
    case 'u':
      if (const auto code = detail::json_hex4(text_, at_)) {
        char32_t point = *code;
        at_ += 4;
        if (point >= 0xD800 && point < 0xDC00) {  // repair_json left no halves
          point = 0x10000 + ((point - 0xD800) << 10) + (detail::json_hex4(text_, at_ + 2).value() - 0xDC00);
          at_ += 6;
        }
        append_utf8(out, point);
        return;
      }
      break;
    default:
      break;
  }
  at_ = first;
  fail("an escape of JSON");
}

AISLE_API std::string json_parser::string() {
  std::string out;
  ++at_;
  for (;;) {
    const std::size_t first = at_;
    while (static_cast<unsigned char>(peek()) >= 0x20 && peek() != '"' && peek() != '\\') ++at_;
    out += text_.substr(first, at_ - first);
    if (peek() == '"') {
      ++at_;
      return out;
    }
    if (peek() != '\\') fail("a character of a string or its closing quote");
    escape(out);
  }
}

AISLE_API void json_parser::value() {
  blanks();
  switch (peek()) {
    case '{':
      return start(json(json::object_type{}));
    case '[':
      return start(json(json::array_type{}));
    case '"':
      return add(json(string()));
    case 't':
      return literal("true", json(true));
    case 'f':
      return literal("false", json(false));
    case 'n':
      return literal("null", json());
    default:
      if (peek() != '-' && !at_digit()) fail("a value");
      return number();
  }
}

/// What follows inside the innermost container.
AISLE_API void json_parser::next() {
  const char end_of = ends_.back();
  const bool first = std::exchange(just_opened_, false), object = end_of == '}';
  blanks();
  if (peek() == end_of) return end();
  if (!first) {
    if (peek() != ',') fail(object ? "',' or '}'" : "',' or ']'");
    ++at_;
    blanks();
  }
  if (object) {
    if (peek() != '"') fail("a key in quotes");
    std::string key = string();
    if (keep_) keys_.push_back(std::move(key));
    blanks();
    if (peek() != ':') fail("':'");
    ++at_;
  }
  value();
}

AISLE_API void json_parser::count() {
  if ((++values_ & 0xFFF) == 0) throw_if_interrupted();
  if (keep_ && values_ > options_.max_values)
    throw format_error(std::string(where_), "more than the " + std::to_string(options_.max_values) +
                                                " values that are read of it");
}

AISLE_API std::shared_ptr<detail::json_place> json_parser::place_in(std::string name) const {
  return std::make_shared<detail::json_place>(
      detail::json_place{open_.empty() ? nullptr : open_.back().place_, std::move(name)});
}

/// Something that is no container.
AISLE_API void json_parser::add(json v) {
  count();
  if (!keep_) return;
  if (open_.empty()) {
    v.place_ = place_in(std::string(where_));
  } else if (open_.back().is_object()) {
    v.place_ = place_in(keys_.back());
  } else {
    v.place_ = open_.back().place_;
    v.element_ = static_cast<std::int64_t>(open_.back().size());
  }
  put(std::move(v));
}

AISLE_API void json_parser::start(json container) {
  if (ends_.size() >= static_cast<std::size_t>(std::max(0, options_.max_depth)))
    throw format_error(std::string(where_),
                       "containers nested deeper than " + std::to_string(options_.max_depth));
  count();
  ends_ += peek() == '{' ? '}' : ']';
  just_opened_ = true;
  ++at_;
  if (!keep_) return;
  container.place_ = place_in(open_.empty()              ? std::string(where_)
                              : open_.back().is_object() ? keys_.back()
                                                         : "[" + std::to_string(open_.back().size()) + "]");
  open_.push_back(std::move(container));
}

AISLE_API void json_parser::end() {
  ++at_;
  ends_.pop_back();
  if (!keep_) return;
  json done = std::move(open_.back());
  open_.pop_back();
  if (done.is_object()) settle_duplicates(done);
  put(std::move(done));
}

/// A whole value into the container that is open.
AISLE_API void json_parser::put(json v) {
  if (open_.empty()) {
    root_ = std::move(v);
  } else if (open_.back().is_object()) {
    open_.back().value_.members->push_back({std::move(keys_.back()), std::move(v)});
    keys_.pop_back();
  } else {
    open_.back().value_.elements->push_back(std::move(v));
  }
}

/// Python's rule: a key given twice keeps its first position and its last value.
AISLE_API void json_parser::settle_duplicates(json& object) const {
  auto& members = *object.value_.members;
  std::vector<std::size_t> order(members.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const int c = members[a].key.compare(members[b].key);
    return c != 0 ? c < 0 : a < b;
  });
  std::vector<bool> dropped(members.size());
  bool any = false;
  for (std::size_t i = 0, first = 0; i < order.size(); ++i) {
    if (i == 0 || members[order[i]].key != members[order[first]].key) {
      first = i;
      continue;
    }
    if (options_.unique_keys) object.fail("the key '" + members[order[i]].key + "' is given twice");
    members[order[first]].value = std::move(members[order[i]].value);
    dropped[order[i]] = any = true;
  }
  if (!any) return;
  json::object_type kept;
  for (std::size_t i = 0; i < members.size(); ++i)
    if (!dropped[i]) kept.push_back(std::move(members[i]));
  members = std::move(kept);
}

AISLE_API json parse_json(std::string_view text, std::string_view where, const json_options& options) {
  std::string repaired;
  text = detail::repair_json(text, repaired, where, options);
  return json_parser(text, where, options, true).read();
}

AISLE_API bool is_json(std::string_view text, const json_options& options) {
  try {
    std::string repaired;
    text = detail::repair_json(text, repaired, "", options);
    json_parser(text, "", options, false).read();
    return true;
  } catch (const format_error&) {
    return false;
  }
}

AISLE_NAMESPACE_END
