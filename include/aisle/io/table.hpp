#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/base/error.hpp>
#include <aisle/base/file.hpp>
#include <aisle/io/csv.hpp>
#include <aisle/io/json_records.hpp>
#include <aisle/io/text_encoding.hpp>

// Tables as shops and spreadsheets export them, read as pandas would with the right options: text with any
// separator (csv_options::lenient) in any encoding of io/text_encoding.hpp, JSON lines, JSON arrays of flat
// objects; each of them packed with gzip too. What a file is, is recognised by what it holds, not by its
// name.

AISLE_NAMESPACE_BEGIN

struct table_options {
  char delimiter = 0;         ///< 0: recognised (io/delimiter.hpp), or what a first line "sep=;" says
  std::string encoding = {};  ///< a name of parse_text_encoding(); empty: recognised
  /// Names that the header probably holds: they decide between separators that fit alike.
  std::vector<std::string> expected = {};
  /// Bytes of memory that unpacked or converted text may take, and what comes from a pipe. A file of plain
  /// UTF-8 takes its size.
  std::uint64_t memory_limit = table_pipe_limit;
  std::uint64_t field_limit = csv_field_limit;  ///< bytes of one field; a row with a longer one is a bad one
  /// Called for each bad record, which is then passed over. Without it the first one is thrown.
  std::function<void(const csv_problem&)> on_problem = {};
};

/// What a table was recognised as.
struct table_format {
  enum class kinds { separated, json_lines, json_array };
  kinds kind = kinds::separated;
  char delimiter = ',';
  text_encoding encoding = text_encoding::utf8;
  bool gzip = false;
  bool quotes_are_text = false;  ///< a report that never quotes: `"` is a character as any other
  /// Every row has one field more than the header, as R and pandas write row names: the first column, which
  /// has no name then.
  bool row_names = false;

  /// Comma-separated UTF-8 as it lies on the disk: nothing to tell.
  bool is_plain() const noexcept;
  /// "tab-separated, UTF-16LE, gzip, quotes as text".
  std::string describe() const;
};

/// A column that was asked for and cannot be told: "products.csv: no column 'sku' (id_column); columns: …".
class column_error : public format_error {
 public:
  column_error(const std::string& where, std::string found, std::string role, std::string rest)
      : format_error(where, found + (role.empty() ? "" : " (" + role + ")") + rest),
        found_(std::move(found)),
        role_(std::move(role)),
        rest_(std::move(rest)) {}
  const std::string& role() const noexcept { return role_; }  ///< what it was asked for; may be empty
  /// The message with another word for the role, such as the option that named the column.
  std::string message(const std::string& role) const {
    return column_error(where(), found_, role, rest_).what();
  }

 private:
  std::string found_, role_, rest_;
};

/// One that is not there: "…; columns: 'SKU', 'Name', did you mean 'SKU'?".
class missing_column : public column_error {
 public:
  /// `hint` is what else the message says.
  missing_column(const std::string& where, std::string_view name, std::string_view role,
                 const std::vector<std::string>& columns, const std::string& hint = {});
  /// The columns it may have meant, the likeliest first.
  const std::vector<std::string>& nearest() const noexcept { return nearest_; }

 private:
  std::vector<std::string> nearest_;
};

/// A good record: as many fields as the header has, 0-based data row, physical lines.
using table_row = csv_row;

/// Reads a table record by record.
///
///     table_reader table("products.csv", {.expected = {"sku", "name"}});
///     const std::size_t name = table.column("name");
///     for (table_row row; table.next(row);) use(row.fields[name]);
class table_reader {
 public:
  /// Reads the header. Of JSON it is the keys of all objects, in the order they first appear. Throws
  /// file_error; format_error for a file that is no such table (a workbook, a database: it says what to do)
  /// or is damaged; csv_error when there is no header; option_error for options that cannot be.
  explicit table_reader(const std::string& path, table_options options = {});
  /// The same from memory, which must outlive the reader. `where` names it in errors.
  template <std::convertible_to<std::string> Where>
  table_reader(std::string_view bytes, Where&& where, table_options options = {})
      : where_(std::forward<Where>(where)), options_(std::move(options)) {
    open(bytes);
  }
  template <std::same_as<std::string> Text, std::convertible_to<std::string> Where>
  table_reader(Text&& bytes, Where&& where, table_options options = {}) = delete;  // the text would be gone
  // It keeps views of its own text.
  table_reader(table_reader&&) = delete;
  table_reader& operator=(table_reader&&) = delete;

  /// The names, without blanks at their ends.
  const std::vector<std::string>& header() const& noexcept { return header_; }
  std::vector<std::string> header() const&& { return header(); }
  const table_format& format() const& noexcept { return format_; }
  table_format format() const&& { return format(); }

  /// Where a column stands; blanks at the ends of the name do not count. `role` says in errors what it is
  /// for. Throws missing_column, which says so where a line below looks like the header; column_error for a
  /// name that several columns have.
  std::size_t column(std::string_view name, std::string_view role = {}) const;
  /// The first column of that name.
  std::optional<std::size_t> find_column(std::string_view name) const noexcept;

  /// The next good record; false at the end. A bad one is passed to on_problem, or thrown as csv_error; the
  /// call after that goes on behind it.
  bool next(table_row& out);

 private:
  void open(std::string_view bytes);
  void open_separated();
  void open_json();
  std::string header_below(std::string_view name) const;

  std::string where_;
  table_options options_;
  table_format format_;
  std::vector<std::string> header_;
  std::string owned_;
  std::string_view text_;  // in UTF-8, without mark
  std::optional<csv_reader> csv_;
  std::optional<json_record_reader> json_;
  std::unordered_map<std::string, std::size_t> keys_;
  std::vector<json_cell> cells_;
};

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/io/table.ipp>
#endif
