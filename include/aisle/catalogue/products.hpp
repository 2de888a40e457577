#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aisle/base/blanks.hpp>
#include <aisle/base/config.hpp>
#include <aisle/base/error.hpp>
#include <aisle/catalogue/label_treatment.hpp>
#include <aisle/catalogue/results.hpp>
#include <aisle/io/csv.hpp>
#include <aisle/io/table.hpp>

AISLE_NAMESPACE_BEGIN

/// A job without a row it could be done for: an empty catalogue, or one whose rows are all bad.
class nothing_to_do : public error {
 public:
  explicit nothing_to_do(const std::string& what, std::vector<skipped_row> rows = {})
      : detail::error_base(what), rows_(std::move(rows)) {}
  /// Why not, row by row, where whoever threw it went through them.
  const std::vector<skipped_row>& rows() const noexcept { return rows_; }

 private:
  std::vector<skipped_row> rows_;
};

/// Which columns of a products table mean what, and how to read it where that is not recognised.
struct catalogue_options {
  std::string id_column = "sku";
  /// Columns whose texts are joined. Empty: "name" and "description", whichever there are; columns named here
  /// must exist.
  std::vector<std::string> text_columns = {};
  /// Paths of the pictures, relative to the CSV's folder. Empty: "image_path" if there is one; a column named
  /// here must exist.
  std::string image_column = {};
  /// Folder that the paths are relative to, before the CSV's own; it may hold copies of pictures that the
  /// column names by URL. Empty: the CSV's folder alone.
  std::string image_root = {};
  /// Pictures are read from below the two folders alone: a catalogue that someone else made may name any file
  /// of this machine, and what its pictures show goes into vectors and reports. True: from anywhere.
  bool allow_outside = false;
  std::string label_column = {};  ///< empty: labels are not read
  label_treatment labels = {};    ///< how a cell of it becomes a class, of several paths in it the first
  bool keep_html = false;         ///< texts as they are, else as strip_html leaves them
  std::int64_t limit = 0;         ///< read only so many data rows; 0: all
  bool missing_columns = false;   ///< text and image columns that are named and not there are passed over
  bool bare_rows = false;         ///< rows with neither a text nor a picture are products too
  char delimiter = 0;             ///< as in table_options; 0: recognised
  std::string encoding = {};      ///< as in table_options; empty: recognised
  std::uint64_t cell_limit = csv_field_limit;  ///< bytes; a row with a longer cell is a bad one
  std::string group_column = {};  ///< what variants of one product have in common; empty: not read
};

namespace detail {
/// Why a row that could be read is no product.
inline constexpr std::string_view no_content = "neither a text nor a picture";
}  // namespace detail

/// One good row of a catalogue.
struct product {
  std::int64_t row = 0;   ///< 0-based data row of the table; bad rows count too
  std::int64_t line = 0;  ///< physical line it starts on, from 1; 0: unknown
  std::string id;
  /// The text columns, without HTML, lists as their strings, trimmed, empty ones left out, joined by a space.
  std::string text;
  std::string image_path;     ///< as it can be opened; empty if the row names none, or only a URL
  std::string image_url;      ///< where the row names its picture by a URL
  std::string image_problem;  ///< why the name leads to no picture, beyond a file that is not there
  std::string label;          ///< the class as options.labels makes it of the cell; empty if the row has none
  std::string group;          ///< the cell of the group column, trimmed; empty: a product of its own
  std::vector<std::string> fields;  ///< every column as it stands in the table
};

struct catalogue {
  std::string path;
  table_format format;  ///< what the file was recognised as
  std::vector<std::string> header;
  catalogue_options options;          ///< with the columns that were used filled in
  std::vector<product> products;      ///< rows that have an id of their own and a text or a picture
  std::vector<skipped_row> problems;  ///< rows left out, and labels that are missing
  std::int64_t data_rows = 0;         ///< rows read, bad ones too
  std::int64_t missing_pictures = 0;  ///< products whose picture's file is not there
  std::int64_t missing_texts = 0;     ///< cells of text columns that say NULL, nan or the like: no text
  short_rows padded;                  ///< rows that end before the last column: the rest of them is empty

  bool has_text() const noexcept { return !options.text_columns.empty(); }
  bool has_images() const noexcept { return !options.image_column.empty(); }
  /// Where a column stands in product::fields.
  std::optional<std::size_t> find_column(std::string_view name) const noexcept;
  /// A cell of a text column as it is looked at and shown: nothing where it says that there is none, as
  /// pandas and MySQL write it (NULL, nan, N/A, …).
  std::string text_of(std::string_view cell) const;
  /// What skipped.csv says of a product.
  skipped_row problem(const product& p, std::string column, std::string reason) const {
    return {path, p.row, p.id, std::move(column), std::move(reason), p.line};
  }
};

/// Reads a products table of any kind that table_reader knows. A record that cannot be read or is not UTF-8,
/// an id that is missing or was seen before, a row without text and picture: each becomes a problem with its
/// row (and its id, where that could be read), and reading goes on. Pictures are looked for (picture_finder),
/// not read. Throws file_error, csv_error for a bad header, format_error for a file that is no table,
/// missing_column for a column that is asked for and not there (its role is the option of catalogue_options),
/// option_error when there is neither a text nor an image column.
catalogue load_catalogue(const std::string& path, const catalogue_options& options = {});

/// A record that table_reader passed over, as a skipped row; with its id where the column is known and could
/// be read.
skipped_row skipped_record(const std::string& file, const csv_problem& problem,
                           std::optional<std::size_t> id_column = {});

/// `file,row,line,id,column,reason`, written atomically; rows in the order given.
void write_skipped(const std::string& path, const std::vector<skipped_row>& rows, csv_write_options how = {});

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/products.ipp>
#endif
