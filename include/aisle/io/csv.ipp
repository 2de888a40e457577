#pragma once

#include <algorithm>
#include <charconv>
#include <span>
#include <unordered_set>

#include <aisle/base/blanks.hpp>
#include <aisle/base/counted.hpp>
#include <aisle/base/number.hpp>
#include <aisle/base/process.hpp>
#include <aisle/io/csv.hpp>
#include <aisle/io/utf8.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// Position behind the line end at `at`: CRLF is one.
AISLE_API std::size_t skip_line_end(std::string_view text, std::size_t at) {
  const bool both = text[at] == '\r' && at + 1 < text.size() && text[at + 1] == '\n';
  return at + (both ? 2 : 1);
}

AISLE_API std::size_t find_line_end(std::string_view text, std::size_t at) {
  while (at < text.size() && text[at] != '\n' && text[at] != '\r') ++at;
  return at;
}

/// Where the field at `at` ends, in which no quote counts.
AISLE_API std::size_t find_field_end(std::string_view text, std::size_t at, char delimiter) {
  while (at < text.size() && text[at] != delimiter && text[at] != '\n' && text[at] != '\r') ++at;
  return at;
}

/// Whether a record is the header once more, as where exports were pasted one below the other. A table of one
/// column may hold its name as any other text.
AISLE_API bool repeats_header(std::span<const std::string> fields, std::span<const std::string> header) {
  // Where the files began with a byte order mark, quotes behind it are text.
  const auto bare = [](std::string_view name) {
    name = trimmed_name(name);
    const bool quoted = name.size() > 1 && name.front() == '"' && name.back() == '"';
    return quoted ? trimmed_name(name.substr(1, name.size() - 2)) : name;
  };
  const auto is_named = [&](const std::string& name) { return !bare(name).empty(); };
  return std::equal(fields.begin(), fields.end(), header.begin(), header.end(),
                    [&](const std::string& a, const std::string& b) { return bare(a) == bare(b); }) &&
         std::count_if(header.begin(), header.end(), is_named) > 1;
}

/// What a spreadsheet computes instead of showing it.
AISLE_API bool looks_like_formula(std::string_view text) {
  if (text.empty() || std::string_view("=+-@\t\r").find(text.front()) == std::string_view::npos) return false;
  if (text.front() == '+') text.remove_prefix(1);
  double number = 0;
  const char* end = text.data() + text.size();
  const auto read = parse_number(text.data(), end, number);
  return text.empty() || read.ec != std::errc() || read.ptr != end;
}

AISLE_API std::string list_columns(const std::vector<std::string>& header) {
  std::string out;
  for (const std::string& name : header) {
    out += (out.empty() ? "'" : ", '") + name + "'";
    if (out.size() > 1000) return out + ", …";
  }
  return out;
}

/// A cell of a record that is bad may hold anything: as text, or nothing.
AISLE_API void make_text(std::string& cell) {
  if (cell.find('\0') != std::string::npos) cell.clear();
  if (find_invalid_utf8(cell) != std::string_view::npos) cell = replace_invalid_utf8(cell);
}

AISLE_API std::size_t csv_column(const std::vector<std::string>& header, std::string_view name,
                                 const std::string& where) {
  const auto found = std::find(header.begin(), header.end(), name);
  if (found == header.end())
    throw format_error(where,
                       "no column '" + std::string(name) + "'; its columns are: " + list_columns(header));
  if (std::find(found + 1, header.end(), name) != header.end())
    throw format_error(where, "the column '" + std::string(name) + "' is named twice");
  return static_cast<std::size_t>(found - header.begin());
}

}  // namespace detail

namespace detail {
/// A file has the memory of its size, anything else that of the limit.
AISLE_API std::string read_table_file(const std::string& path, std::uint64_t pipe_limit) {
  return file_exists(path) ? read_file(path) : read_file(path, pipe_limit);
}
}  // namespace detail

AISLE_API csv_reader::csv_reader(const std::string& path, csv_options options)
    : where_(path), options_(std::move(options)) {
  owned_ = detail::read_table_file(path, table_pipe_limit);
  text_ = owned_;
  read_header();
}

AISLE_API csv_problem csv_reader::problem_at(std::size_t position, std::string reason) const {
  csv_problem out{.row = row_, .line = record_line_, .column = 1, .reason = std::move(reason)};
  std::size_t start = record_start_;
  for (std::size_t end; (end = detail::find_line_end(text_, start)) < position;) {
    end = detail::skip_line_end(text_, end);
    if (end > position) break;
    start = end;
    ++out.line;
  }
  out.column = static_cast<std::int64_t>(position - start) + 1;
  return out;
}

AISLE_API csv_problem csv_reader::too_long(std::size_t position, std::size_t size) const {
  return problem_at(position, "a field of " + counted(size, "byte") + ", more than the limit of " +
                                  std::to_string(options_.field_limit));
}

/// Moves behind the line end at `end` (or to the end of the text) and counts the lines on the way.
AISLE_API void csv_reader::finish_line(std::size_t end) {
  record_last_line_ = record_line_;
  for (std::size_t i = record_start_; (i = detail::find_line_end(text_, i)) < end; ++record_last_line_)
    i = detail::skip_line_end(text_, i);
  at_ = end < text_.size() ? detail::skip_line_end(text_, end) : end;
  line_ = record_last_line_ + 1;
}

/// Behind the blanks at `at`.
AISLE_API std::size_t csv_reader::skip_blanks(std::size_t at) const noexcept {
  while (at < text_.size() && (text_[at] == ' ' || text_[at] == '\t') && text_[at] != options_.delimiter)
    ++at;
  return at;
}

/// Reads the quoted field at `open` into fields_[count_]; returns the position behind it. Text behind the
/// closing quote belongs to the field where the reader is lenient, as in Python's csv and pandas: but not
/// behind blanks, nor where the quote stands on a later line, which is then likely the opening one of another
/// field, nor where a backslash before a quote may have been an escape.
AISLE_API std::size_t csv_reader::parse_quoted(std::size_t open, std::optional<csv_problem>& problem) {
  std::string& field = fields_[slot()];
  std::size_t size = 0;
  const auto add = [&](std::string_view part) {  // what is too long is counted, not kept
    size += part.size();
    if (size <= options_.field_limit) field += part;
  };
  for (std::size_t i = open + 1;;) {
    const std::size_t quote = backslash_escapes_ ? text_.find_first_of("\"\\", i) : text_.find('"', i);
    if (quote == std::string_view::npos) {
      // A stray quote would swallow everything below. Each look for its end costs the rest of the text: after
      // some, give up.
      problem = problem_at(open, "a quote that never closes");
      const bool last = ++unclosed_ > 64;
      if (last) problem->reason += "; nothing below it is read";
      return last ? text_.size() : detail::find_line_end(text_, open);
    }
    add(text_.substr(i, quote - i));
    i = quote + 1;
    if (text_[quote] == '\\') {
      const bool escapes = i < text_.size() && (text_[i] == '"' || text_[i] == '\\');
      add(text_.substr(escapes ? i++ : quote, 1));
      continue;
    }
    if (i < text_.size() && text_[i] == '"') {
      add(text_.substr(i++, 1));
      continue;
    }
    if (options_.lenient) i = skip_blanks(i);
    if (i < text_.size() && text_[i] != options_.delimiter && text_[i] != '\n' && text_[i] != '\r') {
      const std::string_view inner = text_.substr(open, quote + 1 - open);
      if (!options_.lenient || open != at_ || inner.find_first_of("\r\n") != inner.npos ||
          (!backslash_escapes_ && inner.find("\\\"") != inner.npos)) {
        problem =
            problem_at(i, "text behind a closing quote (a quote inside a quoted field is written twice)");
        return detail::find_line_end(text_, i);
      }
      i = detail::find_field_end(text_, quote + 1, options_.delimiter);
      add(text_.substr(quote + 1, i - quote - 1));
    }
    if (size > options_.field_limit) {
      field.clear();
      if (!oversized_) oversized_ = too_long(open, size);
    }
    return i;
  }
}

/// Where in fields_ the field that is being read goes: all that are too many share one place.
AISLE_API std::size_t csv_reader::slot() const noexcept {
  return header_.empty() ? count_ : std::min(count_, header_.size());
}

/// Reads the record at record_start_ into fields_; returns the position behind it, on a problem that of a
/// line end.
AISLE_API std::size_t csv_reader::parse_fields(std::optional<csv_problem>& problem) {
  constexpr std::size_t most_columns = std::size_t{1} << 20;
  at_ = record_start_;
  count_ = 0;
  starts_.clear();
  oversized_.reset();
  filled_behind_ = false;
  const char delimiter = options_.delimiter;
  constexpr std::size_t none = std::string_view::npos;
  for (std::size_t end;; at_ = end + 1) {
    const std::size_t place = slot();
    if (place == fields_.size()) fields_.emplace_back();
    fields_[place].clear();
    if (header_.empty()) {
      starts_.push_back(at_);
      if (count_ == most_columns) {
        problem = problem_at(at_, "more than " + counted(most_columns, "column"));
        return detail::find_line_end(text_, at_);
      }
    }
    const std::size_t open = options_.lenient ? skip_blanks(at_) : at_;
    end = none;
    if (open < text_.size() && text_[open] == '"' && !options_.quotes_are_text) {
      // Of a quote behind blanks that ends in no quoted field, nobody says that it is more than a character.
      if (open == at_ || unclosed_ <= 64) end = parse_quoted(open, problem);
      if (problem) fields_[place].clear();
      if (open > at_ && problem) {
        problem.reset();
        end = none;
      }
    }
    if (end == none) {
      end = detail::find_field_end(text_, at_, delimiter);
      if (end - at_ <= options_.field_limit)
        fields_[place] = text_.substr(at_, end - at_);
      else if (!oversized_)
        oversized_ = too_long(at_, end - at_);
    }
    if (!header_.empty() && count_ >= header_.size())
      filled_behind_ = filled_behind_ || fields_[place].find_first_not_of(" \t") != none;
    ++count_;
    const bool last = end >= text_.size() || text_[end] != delimiter;
    if (last && !problem) problem = oversized_;
    if (problem || last) return end;
  }
}

/// Of the columns with a name, how many stand behind the last field of the record.
AISLE_API std::size_t csv_reader::missing() const noexcept {
  std::size_t named = header_.size();
  while (named > count_ && header_[named - 1].find_first_not_of(" \t") == std::string::npos) --named;
  return named > count_ ? header_.size() - count_ : 0;
}

/// Whether the record has a field for each column, but for empty ones too many.
AISLE_API bool csv_reader::has_header_size() const noexcept {
  if (count_ == header_.size() || !options_.lenient) return count_ == header_.size();
  return count_ > header_.size() ? !filled_behind_ : missing() == 0;
}

/// The fields of the record, as many as the header has.
AISLE_API void csv_reader::take_fields(std::vector<std::string>& out) {
  out.resize(header_.size());
  for (std::size_t i = 0; i < header_.size(); ++i) {
    out[i].clear();
    if (i < count_) out[i].swap(fields_[i]);
  }
}

/// Whether the record holds nothing; a quoted field of nothing that stands alone is something.
AISLE_API bool csv_reader::is_separators_alone() const noexcept {
  if ((count_ == 1 && text_[record_start_] == '"') || filled_behind_) return false;
  for (std::size_t i = 0; i < std::min(count_, header_.size()); ++i)
    if (fields_[i].find_first_not_of(" \t") != std::string::npos) return false;
  return true;
}

/// Reads the next record into fields_; false at the end. On a problem the record's line is passed over.
AISLE_API bool csv_reader::parse(std::optional<csv_problem>& problem) {
  throw_if_interrupted();
  while (at_ < text_.size() && (text_[at_] == '\n' || text_[at_] == '\r')) {
    at_ = detail::skip_line_end(text_, at_);
    ++line_;
  }
  if (at_ >= text_.size()) return false;
  record_start_ = at_;
  record_line_ = line_;
  const int unclosed = unclosed_;
  std::size_t end = parse_fields(problem);
  if (options_.lenient && (problem || (!header_.empty() && !has_header_size())) &&
      text_.substr(record_start_, end - record_start_).find("\\\"") != std::string_view::npos) {
    std::optional<csv_problem> escaped;
    backslash_escapes_ = true;
    const std::size_t escaped_end = parse_fields(escaped);
    backslash_escapes_ = false;
    unclosed_ = unclosed;
    if (!escaped && (header_.empty() || has_header_size())) {
      problem.reset();
      end = escaped_end;
    } else {
      problem.reset();
      end = parse_fields(problem);
    }
  }
  // What is wrong with the bytes comes before the quote that follows them.
  const std::string_view raw = text_.substr(record_start_, end - record_start_);
  std::size_t bad = raw.find('\0');
  const char* why = "a NUL byte";
  if (!options_.replace_invalid_utf8 || bad != std::string_view::npos) {
    const std::size_t invalid = options_.replace_invalid_utf8 ? raw.npos : find_invalid_utf8(raw);
    if (invalid < bad) {
      bad = invalid;
      why = "invalid UTF-8";
    }
  }
  if (bad != std::string_view::npos) {
    csv_problem found = problem_at(record_start_ + bad, why);
    if (!problem || std::pair(found.line, found.column) < std::pair(problem->line, problem->column))
      problem = std::move(found);
  } else if (options_.replace_invalid_utf8 && find_invalid_utf8(raw) != raw.npos) {
    for (std::size_t i = 0; i < slot(); ++i) fields_[i] = replace_invalid_utf8(fields_[i]);
  }
  finish_line(end);
  return true;
}

AISLE_API void csv_reader::read_header() {
  const auto refuse = [&](std::size_t position, const std::string& reason) {
    throw csv_error(where_, problem_at(position, reason));
  };
  if (const char d = options_.delimiter; d == '"' || d == '\n' || d == '\r')
    throw option_error("a CSV delimiter cannot be a quote or a line end");
  if (text_.starts_with("\xFF\xFE") || text_.starts_with("\xFE\xFF"))
    refuse(0, "UTF-16 text, expected UTF-8");
  if (text_.starts_with("\xEF\xBB\xBF")) text_.remove_prefix(3);
  line_ = record_line_ = options_.first_line;
  std::optional<csv_problem> problem;
  if (!parse(problem)) refuse(0, "an empty file, expected a header");
  if (problem) throw csv_error(where_, *problem);
  header_.assign(fields_.begin(), fields_.begin() + static_cast<std::ptrdiff_t>(count_));
  if (options_.row_names) {
    header_.emplace(header_.begin());
    starts_.insert(starts_.begin(), record_start_);
  }
  // Files that are no such table but would read as a table of one column.
  const std::string& first = header_.front();
  if (header_.size() == 1) {
    for (const char c : {';', '\t', '|', ','})
      if (!options_.lenient && c != options_.delimiter && first.find(c) != std::string::npos)
        refuse(record_start_, std::string("a header of one column that holds '") +
                                  (c == '\t' ? "\\t" : std::string(1, c)) +
                                  "', expected columns separated by '" + options_.delimiter + "'");
    if (first.starts_with('#')) refuse(record_start_, "a comment, expected a header");
    if (first.starts_with('<')) refuse(record_start_, "markup (a web page?), expected a header");
  }
  std::unordered_set<std::string_view> names;
  for (std::size_t i = 0; i < header_.size(); ++i)
    if (!header_[i].empty() && !names.insert(header_[i]).second)
      if (!options_.lenient) refuse(starts_[i], "the column '" + header_[i] + "' is named twice");
  for (const std::string& name : options_.required)
    if (!names.contains(name))
      refuse(record_start_, "no column '" + name + "'; its columns are: " + detail::list_columns(header_));
}

AISLE_API std::size_t csv_reader::column(std::string_view name) const {
  return detail::csv_column(header_, name, where_);
}
AISLE_API std::optional<std::size_t> csv_reader::find_column(std::string_view name) const noexcept {
  const auto found = std::find(header_.begin(), header_.end(), name);
  if (found == header_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - header_.begin());
}

AISLE_API bool csv_reader::next(csv_row& out) {
  for (;;) {
    std::optional<csv_problem> problem;
    ++row_;
    if (!parse(problem)) return false;
    if (options_.lenient && !problem && is_separators_alone()) {
      --row_;
      continue;
    }
    if (!problem && !has_header_size() && !(options_.lenient && count_ < header_.size()))
      problem = problem_at(record_start_, counted(count_, "field") + ", expected " +
                                              std::to_string(header_.size()) + " as in the header");
    // Nothing is lost with a second header: those who ask are told of it, nobody is thrown at.
    const bool again = options_.lenient && !problem && count_ >= header_.size() &&
                       detail::repeats_header(std::span(fields_).first(header_.size()), header_);
    if (again && !options_.on_problem) continue;
    if (again) {
      problem = problem_at(record_start_, "the header once more");
      count_ = 0;  // its cells are nobody's
    }
    if (!problem) {
      out.missing = missing();
      take_fields(out.fields);
      out.row = row_;
      out.line = record_line_;
      out.last_line = record_last_line_;
      return true;
    }
    take_fields(problem->fields);
    for (std::string& field : problem->fields) detail::make_text(field);
    if (!options_.on_problem) throw csv_error(where_, *problem);
    options_.on_problem(*problem);
  }
}

AISLE_API std::string row_name(std::int64_t row, std::int64_t line) {
  return "row " + std::to_string(row) + (line > 0 ? " (line " + std::to_string(line) + ")" : "");
}

AISLE_API std::string short_rows::describe() const {
  if (count == 0) return {};
  return counted(count, "row") + (count == 1 ? " ends" : " end") + " before the last column, " +
         (count == 1 ? "" : "the first of them ") + row_name(row, line) + ": the cells that " +
         (count == 1 ? "it lacks" : "they lack") + " are empty";
}

AISLE_API std::size_t csv_table::column(std::string_view name) const {
  return detail::csv_column(header, name, path);
}

AISLE_API csv_table read_csv(const std::string& path, const csv_options& options) {
  csv_reader reader(path, options);
  csv_table out{.path = path, .header = reader.header(), .rows = {}, .problems = {}};
  for (csv_row row; reader.next(row);) out.rows.push_back(std::move(row));
  return out;
}

AISLE_API csv_table read_csv_lenient(const std::string& path, const csv_options& options) {
  std::vector<csv_problem> problems;
  csv_options with = options;
  with.on_problem = [&](const csv_problem& p) {
    problems.push_back(p);
    if (options.on_problem) options.on_problem(p);
  };
  csv_table out = read_csv(path, with);
  out.problems = std::move(problems);
  return out;
}

AISLE_API void csv_writer::separate() {
  if (fields_++ > 0) line_ += options_.delimiter;
}
AISLE_API csv_writer& csv_writer::field(std::string_view text) {
  if (options_.spreadsheet_safe && detail::looks_like_formula(text))
    return write_field("'" + std::string(text));
  return write_field(text);
}
AISLE_API csv_writer& csv_writer::write_field(std::string_view text) {
  separate();
  const char special[] = {options_.delimiter, '"', '\n', '\r'};
  if (text.find_first_of(std::string_view(special, sizeof special)) == std::string_view::npos) {
    line_ += text;
    return *this;
  }
  line_ += '"';
  for (const char c : text) line_.append(c == '"' ? 2 : 1, c);
  line_ += '"';
  return *this;
}
AISLE_API csv_writer& csv_writer::field(float value) {
  char text[32];
  return write_field(std::string_view(text, std::to_chars(text, text + sizeof text, value).ptr));
}
AISLE_API csv_writer& csv_writer::field(double value) {
  char text[32];
  return write_field(std::string_view(text, std::to_chars(text, text + sizeof text, value).ptr));
}
AISLE_API csv_writer& csv_writer::field(std::int64_t value) { return write_field(std::to_string(value)); }
AISLE_API void csv_writer::end_row() {
  // One empty field would be an empty line, which is no row.
  if (fields_ == 1 && line_.empty()) line_ = "\"\"";
  line_ += options_.line_end;
  if (file_)
    file_->write(line_);
  else
    write_(line_);
  line_.clear();
  fields_ = 0;
}
AISLE_API void csv_writer::row(std::span<const std::string> fields) {
  for (const std::string& f : fields) field(f);
  end_row();
}

AISLE_NAMESPACE_END
