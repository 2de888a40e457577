#pragma once

#include <aisle/base/ascii.hpp>
#include <aisle/base/counted.hpp>
#include <aisle/base/process.hpp>
#include <aisle/io/json.hpp>
#include <aisle/io/json_records.hpp>
#include <aisle/io/utf8.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// A number as JSON writes it.
AISLE_API bool is_json_number(std::string_view s) noexcept {
  std::size_t i = 0;
  const auto digits = [&] {
    const std::size_t first = i;
    while (i < s.size() && s[i] >= '0' && s[i] <= '9') ++i;
    return i > first;
  };
  if (i < s.size() && s[i] == '-') ++i;
  if (i < s.size() && s[i] == '0')
    ++i;
  else if (!digits())
    return false;
  if (i < s.size() && s[i] == '.' && (++i, !digits())) return false;
  if (i < s.size() && (s[i] == 'e' || s[i] == 'E')) {
    ++i;
    if (i < s.size() && (s[i] == '+' || s[i] == '-')) ++i;
    if (!digits()) return false;
  }
  return i == s.size();
}

/// Without the white space between its tokens.
AISLE_API std::string compact_json(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (ascii::blanks.find(text[i]) != std::string_view::npos) continue;
    const std::size_t start = i;
    if (text[i] == '"')
      for (++i; i < text.size() && text[i] != '"'; ++i) i += text[i] == '\\';
    out += text.substr(start, i - start + 1);
  }
  return out;
}

}  // namespace detail

AISLE_API bool looks_like_json_records(std::string_view text) noexcept {
  const auto behind = [&](std::size_t at) { return text.find_first_not_of(ascii::blanks, at); };
  const std::size_t first = behind(0);
  if (first == std::string_view::npos) return false;
  const std::size_t second = behind(first + 1);
  if (second == std::string_view::npos) return false;
  if (text[first] == '[')
    return text[second] == '{' || (text[second] == ']' && behind(second + 1) == text.npos);
  return text[first] == '{' && (text[second] == '"' || text[second] == '}');
}

AISLE_API json_record_reader::json_record_reader(std::string_view text, std::uint64_t field_limit)
    : text_(text), field_limit_(field_limit) {
  skip_space();
  array_ = peek() == '[';
  if (array_) ++at_;
}

AISLE_API void json_record_reader::skip_space() noexcept {
  at_ = std::min(text_.find_first_not_of(ascii::blanks, at_), text_.size());
}

AISLE_API bool json_record_reader::fail(std::size_t at, std::string what) {
  error_at_ = std::min(at, text_.size());
  error_ = std::move(what);
  return false;
}

/// Whether the string or container from `open` to at_ is longer than a field may be; notes it.
AISLE_API bool json_record_reader::is_too_long(std::size_t open) {
  const std::size_t size = at_ - open;
  if (size <= field_limit_) return false;
  if (too_long_.empty()) {
    too_long_ =
        "a field of " + counted(size, "byte") + ", more than the limit of " + std::to_string(field_limit_);
    too_long_at_ = open;
  }
  return true;
}

/// The physical line of a position, counted from the one that was asked for last.
AISLE_API std::int64_t json_record_reader::line_of(std::size_t at) noexcept {
  const auto ends_here = [&](std::size_t i) {
    const bool both = text_[i] == '\r' && i + 1 < text_.size() && text_[i + 1] == '\n';
    return text_[i] == '\n' || (text_[i] == '\r' && !both);
  };
  for (; counted_to_ < at; ++counted_to_) counted_ += ends_here(counted_to_);
  while (counted_to_ > at) counted_ -= ends_here(--counted_to_);
  return counted_;
}

AISLE_API csv_problem json_record_reader::problem_at(std::size_t at, std::string reason) {
  const std::size_t before = at == 0 ? text_.npos : text_.find_last_of("\r\n", at - 1);
  return {.row = row_,
          .line = line_of(at),
          .column = static_cast<std::int64_t>(before == text_.npos ? at + 1 : at - before),
          .reason = std::move(reason)};
}

AISLE_API bool json_record_reader::string(std::string& out) {
  const std::size_t open = at_;
  std::size_t end = open + 1;
  bool escaped = false;
  for (; end < text_.size() && text_[end] != '"'; ++end) {
    if (static_cast<unsigned char>(text_[end]) < 0x20)
      return fail(end, text_[end] == '\n' || text_[end] == '\r' ? "a string that never closes"
                                                                : "a control character in a string");
    if (text_[end] == '\\') escaped = true, ++end;
  }
  if (end >= text_.size()) return fail(open, "a string that never closes");
  const std::string_view inner = text_.substr(open + 1, end - open - 1);
  if (const std::size_t bad = find_invalid_utf8(inner); bad != inner.npos)
    return fail(open + 1 + bad, "invalid UTF-8");
  at_ = end + 1;
  out.clear();
  if (is_too_long(open)) return true;
  if (!escaped) {
    out = inner;
    return true;
  }
  try {
    out = parse_json(text_.substr(open, at_ - open), "").as<std::string>();
  } catch (const format_error&) {
    return fail(open, "a string with an escape that is none");
  }
  return true;
}

AISLE_API bool json_record_reader::nested(std::string& out) {
  const std::size_t open = at_;
  std::size_t depth = 0;
  do {
    if (at_ >= text_.size()) {
      // Each look for an end costs the rest of the text: after some, give up.
      finished_ = ++unclosed_ > 64;
      return fail(open, "an array or object that never closes");
    }
    const char c = text_[at_];
    if (c == '"') {
      std::string ignored;
      if (!string(ignored)) return false;
      continue;
    }
    depth += c == '{' || c == '[';
    depth -= c == '}' || c == ']';
    ++at_;
  } while (depth > 0);
  const std::string_view all = text_.substr(open, at_ - open);
  out.clear();
  if (is_too_long(open)) return true;
  if (!is_json(all)) return fail(open, "an array or object that is no JSON");
  out = detail::compact_json(all);
  return true;
}

AISLE_API bool json_record_reader::word(std::string& out) {
  const std::size_t start = at_;
  at_ = std::min(text_.find_first_of(",:{}[]\" \t\r\n", at_), text_.size());
  const std::string_view found = text_.substr(start, at_ - start);
  out.clear();
  if (is_too_long(start)) return true;
  // Python writes the last three, which JSON does not know.
  if (found == "null" || found == "NaN") return true;
  if (found == "true" || found == "false" || found == "Infinity" || found == "-Infinity" ||
      detail::is_json_number(found))
    out = found;
  else
    return fail(start, found.empty() ? "expected a value" : "neither a number nor true, false or null");
  return true;
}

AISLE_API bool json_record_reader::value(std::string& out) {
  const char c = peek();
  return c == '"' ? string(out) : c == '{' || c == '[' ? nested(out) : word(out);
}

AISLE_API bool json_record_reader::object(std::vector<json_cell>& cells) {
  std::size_t count = 0;
  const bool good = members(cells, count);
  cells.resize(count);
  return good;
}

AISLE_API bool json_record_reader::members(std::vector<json_cell>& cells, std::size_t& count) {
  ++at_;
  for (skip_space(); peek() != '}'; skip_space()) {
    if (count > 0) {
      if (peek() != ',') return fail(at_, "expected a comma or the end of the object");
      ++at_;
      skip_space();
    }
    if (count == cells.size()) cells.emplace_back();
    json_cell& cell = cells[count];
    if (peek() != '"') return fail(at_, "expected a key in quotes");
    if (!string(cell.key)) return false;
    skip_space();
    if (peek() != ':') return fail(at_, "expected a colon behind the key");
    ++at_;
    skip_space();
    if (!value(cell.text)) return false;
    ++count;
  }
  ++at_;
  return true;
}

AISLE_API bool json_record_reader::next(std::vector<json_cell>& cells, std::optional<csv_problem>& problem) {
  throw_if_interrupted();
  problem.reset();
  too_long_.clear();
  if (finished_) return false;
  skip_space();
  if (array_ && row_ >= 0 && peek() == ',') {
    ++at_;
    skip_space();
  } else if (array_ && row_ >= 0 && peek() != ']') {
    fail(at_, "expected a comma or the end of the array");
    at_ = text_.size();
  }
  if (array_ && peek() == ']') {
    ++at_;
    skip_space();
    finished_ = true;
    if (at_ >= text_.size()) return false;
    fail(at_, "text behind the end of the array");
  }
  if (!array_ && at_ >= text_.size()) return false;
  const std::size_t start = error_.empty() ? at_ : error_at_;
  ++row_;
  line_ = line_of(start);
  if (error_.empty() && peek() == '{') {
    object(cells);
  } else {
    cells.clear();
    std::string other;
    if (error_.empty() && at_ >= text_.size())
      fail(at_, "the array never closes");
    else if (error_.empty() && value(other))
      fail(start, "expected an object such as {\"sku\": \"1\", \"name\": \"a\"}");
    if (array_ && error_at_ == start && at_ > start && at_ < text_.size()) {
      // A value that is no object is one bad record.
      problem = problem_at(start, std::move(error_));
      error_.clear();
      last_line_ = line_of(at_);
      return true;
    }
  }
  if (error_.empty()) {
    last_line_ = line_of(at_);
    if (!array_) {
      // One object a line: what stands behind it belongs to nothing. A comma is left of an array's lines.
      std::size_t behind = text_.find_first_not_of(" \t", at_);
      if (behind != text_.npos && text_[behind] == ',') {
        at_ = behind + 1;
        behind = text_.find_first_not_of(" \t", at_);
      }
      if (behind != text_.npos && text_[behind] != '\n' && text_[behind] != '\r' && text_[behind] != '{')
        fail(behind, "text behind the object");
    }
    if (error_.empty() && !too_long_.empty()) problem = problem_at(too_long_at_, std::move(too_long_));
    if (error_.empty()) return true;
  }
  problem = problem_at(error_at_, std::move(error_));
  error_.clear();
  last_line_ = line_;
  if (array_ || finished_) {
    if (at_ < text_.size() || !finished_) problem->reason += "; nothing below it is read";
    finished_ = true;
  } else {
    at_ = std::min(text_.find_first_of("\r\n", start), text_.size());
  }
  return true;
}

AISLE_NAMESPACE_END
