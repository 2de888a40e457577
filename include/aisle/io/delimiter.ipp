#pragma once

#include <algorithm>
#include <optional>
#include <tuple>
#include <vector>

#include <aisle/io/delimiter.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

constexpr bool is_line_end(char c) noexcept { return c == '\n' || c == '\r'; }

/// The fields of a record as one delimiter splits it.
struct split_record {
  std::vector<std::string_view> fields;  ///< without the quotes around them
  bool faulty = false;                   ///< a quote that does not fit
};

/// Splits the record at `at` and moves behind it. A quoted field that does not end as one is plain text, and
/// so is all where nothing is `quoted`.
AISLE_API split_record split_next(std::string_view text, char delimiter, std::size_t& at,
                                  bool quoted = true) {
  split_record out;
  const auto blank = [&](char c) { return (c == ' ' || c == '\t') && c != delimiter; };
  const auto closes = [&](std::size_t quote, std::size_t& behind) {
    for (behind = quote + 1; behind < text.size() && blank(text[behind]);) ++behind;
    return behind == text.size() || text[behind] == delimiter || is_line_end(text[behind]);
  };
  for (;;) {
    std::size_t open = at;
    while (open < text.size() && blank(text[open])) ++open;
    std::size_t end = std::string_view::npos;
    if (quoted && open < text.size() && text[open] == '"') {
      for (std::size_t i = open + 1; (i = text.find('"', i)) != std::string_view::npos; ++i) {
        if (text[i - 1] == '\\' && i - 1 > open) continue;
        if (i + 1 < text.size() && text[i + 1] == '"') {
          ++i;
          continue;
        }
        if (closes(i, end))
          out.fields.push_back(text.substr(open + 1, i - open - 1));
        else
          end = std::string_view::npos;
        break;
      }
      out.faulty = out.faulty || end == std::string_view::npos;
    }
    if (end == std::string_view::npos) {
      for (end = at; end < text.size() && text[end] != delimiter && !is_line_end(text[end]);) ++end;
      out.fields.push_back(text.substr(at, end - at));
    }
    at = end;
    if (at == text.size() || text[at] != delimiter) break;
    ++at;
  }
  return out;
}

/// How well a delimiter splits the first records.
struct delimiter_fit {
  std::size_t records = 0, columns = 0;  ///< fields of the header
  std::size_t agreeing = 0;              ///< records that have as many, the header among them
  std::size_t expected = 0;              ///< columns of the header that were expected
  double share() const noexcept {
    return records == 0 ? 0 : static_cast<double>(agreeing) / static_cast<double>(records);
  }
};

AISLE_API delimiter_fit fit_delimiter(std::string_view sample, bool cut_off, char delimiter, bool quoted,
                                      std::span<const std::string> expected) {
  constexpr std::size_t most = 200;
  delimiter_fit fit;
  for (std::size_t at = 0; fit.records < most;) {
    while (at < sample.size() && is_line_end(sample[at])) ++at;
    if (at >= sample.size()) break;
    const split_record r = split_next(sample, delimiter, at, quoted);
    // What a cut sample ends with is not the whole record.
    if (cut_off && at >= sample.size() && fit.records > 0) break;
    std::size_t fields = r.fields.size();
    if (fit.records++ == 0) {
      fit.columns = fields;
      for (std::string_view name : r.fields) {
        while (!name.empty() && (name.front() == ' ' || name.front() == '\t')) name.remove_prefix(1);
        while (!name.empty() && (name.back() == ' ' || name.back() == '\t')) name.remove_suffix(1);
        fit.expected += static_cast<std::size_t>(std::count(expected.begin(), expected.end(), name));
      }
    }
    while (fields > fit.columns && r.fields[fields - 1].empty()) --fields;
    fit.agreeing += fields == fit.columns && !r.faulty;
  }
  return fit;
}

}  // namespace detail

AISLE_API char detect_delimiter(std::string_view text, std::span<const std::string> expected) {
  const std::string_view sample = text.substr(0, std::size_t{1} << 20);
  const bool cut_off = sample.size() < text.size();
  char best = ',';
  using score = std::tuple<bool, std::size_t, int>;
  std::optional<score> best_score;
  std::size_t best_columns = 0;
  for (const char c : {',', '\t', ';', '|'}) {
    detail::delimiter_fit fit = detail::fit_delimiter(sample, cut_off, c, true, expected);
    if (fit.columns < 2) continue;
    // Reports that never quote are separated by one of these.
    if (c == '\t' || c == '|')
      if (const auto plain = detail::fit_delimiter(sample, cut_off, c, false, expected);
          plain.share() > fit.share() && plain.expected >= fit.expected)
        fit = plain;
    // A header that splits in a table that does not is a name that holds the separator.
    if (fit.agreeing < 2 && fit.records > 2 && fit.expected == 0) continue;
    // Shares that differ by some bad rows are alike.
    const int share = fit.share() > 0.9 ? 2 : fit.share() > 0.5 ? 1 : 0;
    const score now{share > 0 || fit.expected > 0, fit.expected, share};
    if (!best_score || now > *best_score ||
        (now == *best_score && best != ',' && fit.columns > best_columns)) {
      best = c;
      best_score = now;
      best_columns = fit.columns;
    }
  }
  return best;
}

AISLE_API char parse_delimiter(std::string_view name) {
  if (name == "tab" || name == "\\t") return '\t';
  const bool one = name.size() == 1 && static_cast<unsigned char>(name[0]) < 0x80;
  if (!one || name[0] == '"' || name[0] == '\0' || detail::is_line_end(name[0]))
    throw option_error("no separator of columns: '" + std::string(name) +
                       "', expected , ; tab | or another single character of ASCII");
  return name[0];
}

AISLE_API std::string describe_delimiter(char delimiter) {
  switch (delimiter) {
    case ',':
      return "comma-separated";
    case ';':
      return "semicolon-separated";
    case '\t':
      return "tab-separated";
    case ' ':
      return "separated by blanks";
    default:
      return std::string("separated by '") + delimiter + "'";
  }
}

AISLE_API bool quotes_are_text(std::string_view text, char delimiter, std::size_t columns) noexcept {
  std::size_t quoted = 0, plain = 0, broken = 0;
  const auto is_quoted = [](std::string_view field) {
    if (field.size() < 2 || field.back() != '"') return false;
    const std::string_view inner = field.substr(1, field.size() - 2);
    for (std::size_t i = 0; (i = inner.find('"', i)) != std::string_view::npos; i += 2)
      if (i + 1 >= inner.size() || inner[i + 1] != '"') return false;
    return true;
  };
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find_first_of("\r\n", at), text.size());
    const std::string_view line = text.substr(at, end - at);
    at = end + 1;
    if (line.empty()) continue;
    std::size_t fields = 0, quoted_here = 0, plain_here = 0;
    for (std::size_t start = 0, stop = 0; stop < line.size(); start = stop + 1) {
      stop = std::min(line.find(delimiter, start), line.size());
      ++fields;
      if (start < stop && line[start] == '"')
        ++(is_quoted(line.substr(start, stop - start)) ? quoted_here : plain_here);
    }
    if (fields == columns || (fields == columns + 1 && line.back() == delimiter)) {
      quoted += quoted_here;
      plain += plain_here;
    } else {
      ++broken;
    }
  }
  return plain > 0 && plain > broken && plain >= quoted;
}

AISLE_API separator_line find_separator_line(std::string_view text) noexcept {
  std::size_t end = 0;
  while (end < text.size() && !detail::is_line_end(text[end])) ++end;
  std::string_view line = text.substr(0, end);
  while (line.size() > 5 && line.back() == ' ') line.remove_suffix(1);
  if (line.size() >= 2 && line.front() == '"' && line.back() == '"') line = line.substr(1, line.size() - 2);
  if (line.size() < 5 || (line[0] | 32) != 's' || (line[1] | 32) != 'e' || (line[2] | 32) != 'p' ||
      line[3] != '=')
    return {};
  const std::string_view named = line.substr(4);
  const char c = named == "\\t" || named == "tab" ? '\t' : named.size() == 1 ? named[0] : '\0';
  if (c == '\0' || c == '"' || static_cast<unsigned char>(c) >= 0x80) return {};
  if (end < text.size()) ++end;
  if (end < text.size() && text[end - 1] == '\r' && text[end] == '\n') ++end;
  return {c, end};
}

AISLE_NAMESPACE_END
