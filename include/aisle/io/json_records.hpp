#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/io/csv.hpp>

AISLE_NAMESPACE_BEGIN

/// One member of an object as the cell of a table: strings as they are, numbers digit by digit, null and NaN
/// as nothing, arrays and objects as compact JSON.
struct json_cell {
  std::string key, text;
};

/// Whether a text is JSON lines (or one object) or an array of objects, by what it begins with.
bool looks_like_json_records(std::string_view text) noexcept;

/// Reads flat objects one by one, from an array or one after the other (JSON lines, blank ones among them).
class json_record_reader {
 public:
  explicit json_record_reader(std::string_view text, std::uint64_t field_limit = csv_field_limit);

  /// Whether the text is one array.
  bool is_array() const noexcept { return array_; }
  /// The next record's members, or what is wrong with it and the members before that; false at the end. In
  /// lines reading goes on at the next line; behind what is wrong in an array nothing is read.
  bool next(std::vector<json_cell>& cells, std::optional<csv_problem>& problem);
  std::int64_t row() const noexcept { return row_; }    ///< of the record next() gave last, from 0
  std::int64_t line() const noexcept { return line_; }  ///< physical line it starts on, from 1
  std::int64_t last_line() const noexcept { return last_line_; }

 private:
  // Each of these reads what stands at at_; false with error_ and error_at_ set where it is something else.
  bool object(std::vector<json_cell>& cells);
  bool members(std::vector<json_cell>& cells, std::size_t& count);
  bool value(std::string& out);
  bool string(std::string& out);
  bool nested(std::string& out);
  bool word(std::string& out);
  bool fail(std::size_t at, std::string what);
  bool is_too_long(std::size_t open);
  void skip_space() noexcept;
  char peek() const noexcept { return at_ < text_.size() ? text_[at_] : '\0'; }
  std::int64_t line_of(std::size_t at) noexcept;
  csv_problem problem_at(std::size_t at, std::string reason);

  std::string_view text_;
  bool array_ = false, finished_ = false;
  std::size_t at_ = 0, error_at_ = 0;
  std::string error_, too_long_;  // the second: of a record that can be read over
  std::size_t too_long_at_ = 0;
  std::uint64_t field_limit_;
  int unclosed_ = 0;
  std::int64_t row_ = -1, line_ = 1, last_line_ = 1;
  std::size_t counted_to_ = 0;  // line ends before it are counted
  std::int64_t counted_ = 1;
};

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/io/json_records.ipp>
#endif
