#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/base/error.hpp>
#include <aisle/base/file.hpp>

// Tables as RFC 4180 text, read strictly: what a lenient reader would guess at is reported with its place.
// Lines end with LF, CRLF or CR; a line of nothing is no row; quotes count only at the start of a field; a
// UTF-8 BOM is dropped. io/table.hpp reads what shops and spreadsheets export, whatever its separator and
// encoding.

AISLE_NAMESPACE_BEGIN

namespace detail {
/// "'sku', 'name'", for messages.
std::string list_columns(const std::vector<std::string>& header);
std::string read_table_file(const std::string& path, std::uint64_t pipe_limit);
}  // namespace detail

/// One record that could not be read.
struct csv_problem {
  std::int64_t row = -1;    ///< 0-based data row; -1 for the header
  std::int64_t line = 1;    ///< physical line, from 1
  std::int64_t column = 1;  ///< byte in that line, from 1
  std::string reason;
  /// What could be read of the record, a cell for each column; empty where it could not. Behind a separator
  /// too many cells stand in columns that are not theirs.
  std::vector<std::string> fields = {};
};

/// A csv_problem that was thrown: "products.csv: line 3, column 8: a quote that never closes".
class csv_error : public format_error {
 public:
  csv_error(const std::string& where, csv_problem problem)
      : format_error(where, "line " + std::to_string(problem.line) + ", column " +
                                std::to_string(problem.column) + ": " + problem.reason),
        problem_(std::move(problem)) {}
  const csv_problem& problem() const noexcept { return problem_; }

 private:
  csv_problem problem_;
};

/// Bytes of one field, unless an option says otherwise: far above any text, far below what a missing quote or
/// a hostile file may make of it.
inline constexpr std::uint64_t csv_field_limit = std::uint64_t{16} << 20;
/// Bytes that are read of a pipe, which does not say how much is to come.
inline constexpr std::uint64_t table_pipe_limit = std::uint64_t{2} << 30;

struct csv_options {
  char delimiter = ',';
  std::vector<std::string> required{};  ///< columns that the header must have
  bool replace_invalid_utf8 = false;    ///< U+FFFD for invalid UTF-8, which is a problem otherwise
  /// What exports do beyond RFC 4180 is read as it was meant: blanks around quotes; `"blue" cup` (blue cup);
  /// `\"` in quotes, in records that cannot be read without; empty fields too many; records that end early
  /// (csv_row::missing); rows of separators alone, which are no rows; the header once more, which counts as
  /// one that is passed over (on_problem is told, nothing thrown); a column named twice that nobody wants.
  bool lenient = false;
  bool quotes_are_text = false;  ///< nothing is quoted: `"` is a character as any other
  bool row_names = false;        ///< records have a field in front of those that the header names
  std::int64_t first_line = 1;   ///< physical line that the text starts on, where something stood above it
  std::uint64_t field_limit = csv_field_limit;  ///< a record with a longer field is a bad one
  /// Called for each bad record, which is then passed over. Without it the first one is thrown.
  std::function<void(const csv_problem&)> on_problem{};
};

/// A good record.
struct csv_row {
  std::vector<std::string> fields;  ///< as many as the header has
  std::int64_t row = 0;             ///< 0-based data row; bad rows count too
  std::int64_t line = 0;            ///< physical line it starts on, from 1
  std::int64_t last_line = 0;       ///< and the one it ends on
  /// Of the last fields, how many the record does not have: they are empty. Columns without a name do not
  /// count. Always 0 unless csv_options::lenient.
  std::size_t missing = 0;

  bool lacks(std::size_t column) const noexcept { return column + missing >= fields.size(); }
};

/// How many records were short of fields, and where the first is.
struct short_rows {
  std::int64_t count = 0, row = 0, line = 0;

  void add(const csv_row& r) noexcept {
    if (r.missing > 0 && count++ == 0) row = r.row, line = r.line;
  }
  /// "2 rows end before the last column, the first of them row 3 (line 5): the cells they lack are empty";
  /// nothing where there are none.
  std::string describe() const;
};

/// What a row is called in messages: "row 12 (line 14)", "row 12" where the line is not known (0).
std::string row_name(std::int64_t row, std::int64_t line);

/// Reads a table record by record; its text is held in memory.
///
///     csv_reader table("products.csv", {.required = {"name"}});
///     const std::size_t name = table.column("name");
///     for (csv_row row; table.next(row);) use(row.fields[name]);
class csv_reader {
 public:
  /// Reads the header. Throws file_error, and csv_error when there is none, when it names a column twice,
  /// lacks a required one, or looks like something else (another delimiter, a web page, a comment).
  explicit csv_reader(const std::string& path, csv_options options = {});
  /// The same from memory, which must outlive the reader. `where` names it in errors. (A template, so that
  /// braces are never taken for a `where`.)
  template <std::convertible_to<std::string> Where>
  csv_reader(std::string_view text, Where&& where, csv_options options = {})
      : text_(text), where_(std::forward<Where>(where)), options_(std::move(options)) {
    read_header();
  }
  template <std::same_as<std::string> Text, std::convertible_to<std::string> Where>
  csv_reader(Text&& text, Where&& where, csv_options options = {}) = delete;  // the text would be gone
  // It keeps views of its own text.
  csv_reader(csv_reader&&) = delete;
  csv_reader& operator=(csv_reader&&) = delete;

  const std::vector<std::string>& header() const& noexcept { return header_; }
  std::vector<std::string> header() const&& { return header(); }
  /// Throws format_error that lists the columns there are.
  std::size_t column(std::string_view name) const;
  std::optional<std::size_t> find_column(std::string_view name) const noexcept;

  /// The next good record; false at the end. A bad one is passed to on_problem, or thrown as csv_error; the
  /// call after that goes on behind it. After a quote that never closes, reading goes on at the line below
  /// the quote.
  bool next(csv_row& out);

  /// Bytes read and in all, for progress.
  std::uint64_t position() const noexcept { return at_; }
  std::uint64_t size() const noexcept { return text_.size(); }

 private:
  void read_header();
  std::size_t slot() const noexcept;
  bool parse(std::optional<csv_problem>& problem);
  std::size_t parse_fields(std::optional<csv_problem>& problem);
  std::size_t parse_quoted(std::size_t open, std::optional<csv_problem>& problem);
  std::size_t skip_blanks(std::size_t at) const noexcept;
  bool has_header_size() const noexcept;
  std::size_t missing() const noexcept;
  void take_fields(std::vector<std::string>& out);
  bool is_separators_alone() const noexcept;
  void finish_line(std::size_t end);
  csv_problem problem_at(std::size_t position, std::string reason) const;
  csv_problem too_long(std::size_t position, std::size_t size) const;

  std::string owned_;
  std::string_view text_;
  std::string where_;
  csv_options options_;
  std::vector<std::string> header_;

  std::size_t at_ = 0;
  std::int64_t line_ = 1, row_ = -1;
  int unclosed_ = 0;
  bool backslash_escapes_ = false;
  // The record that is being read.
  std::size_t record_start_ = 0;
  std::int64_t record_line_ = 1, record_last_line_ = 1;
  std::size_t count_ = 0;
  std::vector<std::string> fields_;       // the first slot() are in use
  std::optional<csv_problem> oversized_;  // its first field that is too long
  bool filled_behind_ = false;            // something stands behind the last column
  std::vector<std::size_t> starts_;
};

/// A whole table in memory.
struct csv_table {
  std::string path;
  std::vector<std::string> header;
  std::vector<csv_row> rows;          ///< the good ones
  std::vector<csv_problem> problems;  ///< the bad ones, where they were asked for

  /// Throws format_error that lists the columns there are.
  std::size_t column(std::string_view name) const;
  const std::string& at(std::size_t row, std::string_view name) const& {
    return rows[row].fields[column(name)];
  }
  std::string at(std::size_t row, std::string_view name) const&& { return at(row, name); }
};

/// Reads a table; throws the first problem (csv_error).
csv_table read_csv(const std::string& path, const csv_options& options = {});
/// Reads what can be read: bad records are in `problems`. A bad header is still thrown.
csv_table read_csv_lenient(const std::string& path, const csv_options& options = {});

struct csv_write_options {
  char delimiter = ',';
  std::string line_end = "\n";
  /// Texts that a spreadsheet would take for a formula (that begin with = + - @, a tab or a carriage return,
  /// and are no number) get an apostrophe in front, which spreadsheets do not show. Off: data are written as
  /// they are.
  bool spreadsheet_safe = false;
};

/// Writes a table, as a file that appears whole or not at all, or line by line to `write`: fields are quoted
/// where reading them back needs it, numbers are the shortest text that reads back equal.
class csv_writer {
 public:
  explicit csv_writer(const std::string& path, csv_write_options options = {})
      : file_(path), options_(options) {}
  explicit csv_writer(std::function<void(std::string_view)> write, csv_write_options options = {})
      : write_(std::move(write)), options_(options) {}

  csv_writer& field(std::string_view text);
  csv_writer& field(float value);
  csv_writer& field(double value);
  csv_writer& field(std::int64_t value);
  /// A character is a text of its own; bool is 0 or 1.
  template <std::integral Value>
  csv_writer& field(Value value) {
    if constexpr (std::same_as<Value, char>)
      return field(std::string_view(&value, 1));
    else if constexpr (std::same_as<Value, bool>)
      return field(static_cast<std::int64_t>(value));
    else
      return write_field(std::to_string(value));
  }
  void end_row();
  void row(std::span<const std::string> fields);
  void row(std::span<const std::string_view> fields) {
    for (const std::string_view f : fields) field(f);
    end_row();
  }
  void row(std::initializer_list<std::string_view> fields) {
    row(std::span<const std::string_view>(fields.begin(), fields.size()));
  }
  /// Makes the file appear; without it nothing is written.
  void commit() {
    if (file_) file_->commit();
  }

 private:
  csv_writer& write_field(std::string_view text);
  void separate();
  std::optional<atomic_file> file_;
  std::function<void(std::string_view)> write_;
  csv_write_options options_;
  std::string line_;
  std::size_t fields_ = 0;
};

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/io/csv.ipp>
#endif
