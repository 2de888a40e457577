#pragma once

#include <algorithm>
#include <span>
#include <unordered_set>

#include <aisle/base/ascii.hpp>
#include <aisle/base/blanks.hpp>
#include <aisle/base/counted.hpp>
#include <aisle/io/delimiter.hpp>
#include <aisle/io/detail/unread_encoding.hpp>
#include <aisle/io/file_kind.hpp>
#include <aisle/io/gzip.hpp>
#include <aisle/io/json.hpp>
#include <aisle/io/nearest_name.hpp>
#include <aisle/io/table.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

AISLE_API void check_is_table(std::string_view bytes, const std::string& where) {
  const known_file found = recognise_file(bytes);
  if (found.is == file_class::unknown || found.is == file_class::text) return;
  std::string advice(found.advice);
  if (const std::size_t at = advice.find("FILE"); at != std::string::npos) advice.replace(at, 4, where);
  throw format_error(where, std::string(found.name) +
                                ", expected a table as text (CSV, JSON lines or a JSON array); " + advice);
}

/// Whether a text is JSON as DataFrame.to_json() writes it unless told otherwise: one object of columns (or
/// of rows), or an array of rows without names.
AISLE_API bool is_json_of_columns(std::string_view text) {
  const std::string_view json = ascii::behind_blanks(text);
  if (json.empty()) return false;
  if (json.starts_with('[')) return ascii::behind_blanks(json.substr(1)).starts_with('[') && is_json(text);
  json_record_reader records(text, text.size());
  std::vector<json_cell> cells;
  std::optional<csv_problem> problem;
  if (records.is_array() || !records.next(cells, problem) || problem || cells.empty()) return false;
  const auto is_container = [](const json_cell& cell) {
    return cell.text.starts_with('{') || cell.text.starts_with('[');
  };
  return std::all_of(cells.begin(), cells.end(), is_container) && !records.next(cells, problem);
}

/// Of one object around lists, as shops answer requests, the key of the first list of objects; else empty.
AISLE_API std::string key_of_records(std::string_view text) {
  if (!ascii::behind_blanks(text).starts_with('{')) return {};
  json_record_reader records(text, text.size());
  std::vector<json_cell> cells, more;
  std::optional<csv_problem> problem;
  if (!records.next(cells, problem) || problem || cells.size() > 16 || records.next(more, problem)) return {};
  std::string key;
  for (const json_cell& cell : cells) {
    const std::string_view value = cell.text;
    if ((!value.starts_with('[') && !value.starts_with('{')) || cell.key == "schema") return {};  // pandas'
    if (key.empty() && value.starts_with('[') && ascii::behind_blanks(value.substr(1)).starts_with('{'))
      key = cell.key;
  }
  return key.size() > 100 ? std::string() : key;
}

/// Throws an error of `text` again; one of bytes that are no UTF-8 with what to do where the whole file is of
/// another encoding.
[[noreturn]] AISLE_API void throw_with_encoding(const csv_error& e, const std::string& where,
                                                const table_options& options, const table_format& format,
                                                std::string_view text) {
  csv_problem problem = e.problem();
  if (problem.reason.starts_with(invalid_utf8) && options.encoding.empty() &&
      format.encoding == text_encoding::utf8 && is_of_unread_encoding(text))
    problem.reason += ": the file is " + describe_unread_encoding(where, format.gzip);
  throw csv_error(where, std::move(problem));
}

}  // namespace detail

AISLE_API bool table_format::is_plain() const noexcept {
  return kind == kinds::separated && delimiter == ',' && encoding == text_encoding::utf8 && !gzip &&
         !quotes_are_text && !row_names;
}

AISLE_API std::string table_format::describe() const {
  std::string out = kind == kinds::json_lines   ? "JSON lines"
                    : kind == kinds::json_array ? "a JSON array"
                                                : describe_delimiter(delimiter);
  out += ", " + std::string(to_string(encoding));
  if (gzip) out += ", gzip";
  if (quotes_are_text) out += ", quotes as text";
  if (row_names) out += ", row names in front of the first column";
  return out;
}

AISLE_API missing_column::missing_column(const std::string& where, std::string_view name,
                                         std::string_view role, const std::vector<std::string>& columns,
                                         const std::string& hint)
    : column_error(
          where, "no column '" + std::string(name) + "'", std::string(role),
          "; columns: " + detail::list_columns(columns) + did_you_mean(nearest_names(name, columns)) + hint),
      nearest_(nearest_names(name, columns)) {}

namespace detail {

/// Whether each of the first records below the header has a field in front, as R's write.csv and write.table
/// write names of rows: quoted, as its strings and the header are, each another. What is not quoted
/// throughout may as well have a comma too many in each row, that of a price, say.
AISLE_API bool has_row_names(std::string_view table, char delimiter) {
  constexpr std::size_t looked_at = 20;
  const std::string_view sample = table.substr(0, std::size_t{1} << 20);
  std::size_t columns = 0;
  std::unordered_set<std::string_view> names;
  for (std::size_t at = 0; names.size() < looked_at;) {
    at = std::min(sample.find_first_not_of("\r\n", at), sample.size());
    if (at == sample.size()) break;
    if (sample[at] != '"') return false;
    const split_record record = split_next(sample, delimiter, at);
    if (at == sample.size() && sample.size() < table.size()) break;  // half of one
    if (record.faulty || trimmed(record.fields.back()).empty()) return false;
    if (columns == 0)
      columns = record.fields.size();
    else if (record.fields.size() != columns + 1 || !names.insert(record.fields[0]).second)
      return false;
  }
  return names.size() > 1;
}

}  // namespace detail

AISLE_API table_reader::table_reader(const std::string& path, table_options options)
    : where_(path), options_(std::move(options)) {
  owned_ = detail::read_table_file(path, options_.memory_limit);
  open(owned_);
}

AISLE_API void table_reader::open(std::string_view bytes) {
  const auto own = [&](std::string text) {
    owned_ = std::move(text);
    return std::string_view(owned_);
  };
  if (is_gzip(std::as_bytes(std::span<const char>(bytes)))) {
    bytes = own(gunzip(std::as_bytes(std::span<const char>(bytes)), where_, options_.memory_limit));
    format_.gzip = true;
  }
  detail::check_is_table(bytes, where_);
  format_.encoding =
      options_.encoding.empty() ? detect_text_encoding(bytes) : parse_text_encoding(options_.encoding, bytes);
  if (format_.encoding == text_encoding::utf8) {
    const std::size_t mark = byte_order_mark(bytes, text_encoding::utf8);
    if (mark > 0) options_.encoding = "utf-8";  // it says so itself
    text_ = bytes.substr(mark);
  } else {
    text_ = own(to_utf8(bytes, format_.encoding, where_, options_.memory_limit));
    detail::check_is_table(text_, where_);
  }
  // What DOS put at the end of texts.
  if (const std::size_t end = text_.find_last_not_of("\r\n"); end < text_.size() && text_[end] == '\x1A')
    text_ = text_.substr(0, end);
  const bool may_be_json = options_.delimiter == 0;
  if (const std::string key = may_be_json ? detail::key_of_records(text_) : std::string(); !key.empty())
    throw format_error(where_, "JSON with its rows in a list under the key '" + key +
                                   "', expected the list alone, as jq takes it out");
  if (may_be_json && detail::is_json_of_columns(text_))
    throw format_error(where_,
                       "JSON of columns or of rows without names, expected one object a product: pandas "
                       "writes those with df.to_json(FILE, orient=\"records\")");
  try {
    if (may_be_json && looks_like_json_records(text_))
      open_json();
    else
      open_separated();
  } catch (const csv_error& e) {
    detail::throw_with_encoding(e, where_, options_, format_, text_);
  }
}

AISLE_API void table_reader::open_separated() {
  const separator_line named = find_separator_line(text_);
  const std::string_view table = text_.substr(named.size);
  format_.delimiter = options_.delimiter != 0 ? options_.delimiter
                      : named.delimiter != 0  ? named.delimiter
                                              : detect_delimiter(table, options_.expected);
  if (format_.delimiter == '\t' || format_.delimiter == '|') {
    std::size_t at = std::min(table.find_first_not_of("\r\n"), table.size());
    const std::size_t columns = detail::split_next(table, format_.delimiter, at).fields.size();
    format_.quotes_are_text = quotes_are_text(table, format_.delimiter, columns);
  }
  format_.row_names = !format_.quotes_are_text && detail::has_row_names(table, format_.delimiter);
  csv_.emplace(table, where_,
               csv_options{.delimiter = format_.delimiter,
                           .lenient = true,
                           .quotes_are_text = format_.quotes_are_text,
                           .row_names = format_.row_names,
                           .first_line = named.size > 0 ? 2 : 1,
                           .field_limit = options_.field_limit,
                           .on_problem = options_.on_problem});
  for (const std::string& name : csv_->header()) header_.emplace_back(trimmed_name(name));
}

AISLE_API void table_reader::open_json() {
  json_.emplace(text_, options_.field_limit);
  format_.kind = json_->is_array() ? table_format::kinds::json_array : table_format::kinds::json_lines;
  std::optional<csv_problem> problem, first;
  std::uint64_t rows = 0;
  while (json_->next(cells_, problem)) {
    ++rows;
    if (problem) {
      if (!first) first = std::move(problem);
      continue;
    }
    for (const json_cell& cell : cells_)
      if (keys_.emplace(cell.key, header_.size()).second) header_.emplace_back(trimmed_name(cell.key));
  }
  if (header_.empty() && first) throw csv_error(where_, *first);
  // Every row has a cell for each key: few bytes must not make a table of the square of their number.
  constexpr std::uint64_t free_cells = std::uint64_t{1} << 20;
  if (rows * header_.size() > 4 * text_.size() + free_cells)
    throw format_error(where_, counted(header_.size(), "key") + " in " + counted(rows, "object") +
                                   ": as a table nearly all cells would be empty, expected objects with "
                                   "the same keys");
  json_.emplace(text_, options_.field_limit);
}

/// Says which of the lines below the header holds a name, where there is one: a title may stand above it.
AISLE_API std::string table_reader::header_below(std::string_view name) const {
  if (!csv_) return {};
  constexpr std::int64_t looked_at = 20;
  std::size_t at = 0;
  for (std::int64_t line = 1; line <= looked_at && at < text_.size(); ++line) {
    const std::size_t end = detail::find_line_end(text_, at);
    const std::string_view here = text_.substr(at, end - at);
    at = end < text_.size() ? detail::skip_line_end(text_, end) : end;
    if (line == 1) continue;
    for (const char delimiter : {format_.delimiter, ',', ';', '\t', '|'}) {
      std::size_t start = 0;
      const auto fields = detail::split_next(here, delimiter, start).fields;
      if (fields.size() < 2) continue;
      for (const std::string_view field : fields)
        if (ascii::same_without_case(trimmed_name(field), name))
          return "; line " + std::to_string(line) + " looks like the header: remove what stands above it";
    }
  }
  return {};
}

AISLE_API std::size_t table_reader::column(std::string_view name, std::string_view role) const {
  const std::string_view wanted = trimmed_name(name);
  const auto found = find_column(wanted);
  if (!found) throw missing_column(where_, name, role, header_, header_below(wanted));
  const auto first = header_.begin() + static_cast<std::ptrdiff_t>(*found);
  if (const auto second = std::find(first + 1, header_.end(), wanted); second != header_.end())
    throw column_error(where_, "the column '" + std::string(wanted) + "'", std::string(role),
                       " is there twice, as columns " + std::to_string(*found + 1) + " and " +
                           std::to_string(second - header_.begin() + 1) + ", expected once");
  return *found;
}

AISLE_API std::optional<std::size_t> table_reader::find_column(std::string_view name) const noexcept {
  const auto found = std::find(header_.begin(), header_.end(), trimmed_name(name));
  if (found == header_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - header_.begin());
}

AISLE_API bool table_reader::next(table_row& out) {
  if (csv_) try {
      return csv_->next(out);
    } catch (const csv_error& e) {
      if (options_.on_problem) throw;  // its own
      detail::throw_with_encoding(e, where_, options_, format_, text_);
    }
  for (std::optional<csv_problem> problem; json_->next(cells_, problem);) {
    std::vector<std::string>& fields = problem ? problem->fields : out.fields;
    fields.assign(header_.size(), {});
    for (json_cell& cell : cells_)
      if (const auto key = keys_.find(cell.key); key != keys_.end())
        fields[key->second] = std::move(cell.text);
    if (problem) {
      if (!options_.on_problem)
        detail::throw_with_encoding(csv_error(where_, *problem), where_, options_, format_, text_);
      options_.on_problem(*problem);
      continue;
    }
    out.missing = 0;
    out.row = json_->row();
    out.line = json_->line();
    out.last_line = json_->last_line();
    return true;
  }
  return false;
}

AISLE_NAMESPACE_END
