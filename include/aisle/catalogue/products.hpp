#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/base/error.hpp>
#include <aisle/catalogue/results.hpp>

AISLE_NAMESPACE_BEGIN

/// A job without a row it could be done for: an empty catalogue, or one whose rows are all bad.
class nothing_to_do : public error {
 public:
  explicit nothing_to_do(const std::string& what, std::vector<skipped_row> rows = {})
      : error(what), rows_(std::move(rows)) {}
  /// Why not, row by row, where whoever threw it went through them.
  const std::vector<skipped_row>& rows() const noexcept { return rows_; }

 private:
  std::vector<skipped_row> rows_;
};

/// Which columns of a products CSV mean what.
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
  std::string label_column = {};  ///< empty: labels are not read
  std::int64_t limit = 0;         ///< read only so many data rows; 0: all
};

/// One good row of a catalogue.
struct product {
  std::int64_t row = 0;  ///< 0-based data row of the CSV; bad rows count too
  std::string id;
  std::string text;           ///< the text columns, each trimmed, empty ones left out, joined by one space
  std::string image_path;     ///< as it can be opened; empty if the row names none, or only a URL
  std::string image_url;      ///< where the row names its picture by a URL
  std::string image_problem;  ///< why the name leads to no picture, beyond a file that is not there
  std::string label;          ///< trimmed; empty if the row has none
  std::vector<std::string> fields;  ///< every column as it stands in the CSV
};

struct catalogue {
  std::string path;
  std::vector<std::string> header;
  catalogue_options options;          ///< with the columns that were used filled in
  std::vector<product> products;      ///< rows that have an id of their own and a text or a picture
  std::vector<skipped_row> problems;  ///< rows left out, and labels that are missing
  std::int64_t data_rows = 0;         ///< rows read, bad ones too
  std::int64_t missing_pictures = 0;  ///< products whose picture's file is not there

  bool has_text() const noexcept { return !options.text_columns.empty(); }
  bool has_images() const noexcept { return !options.image_column.empty(); }
  /// Where a column stands in product::fields.
  std::optional<std::size_t> find_column(std::string_view name) const noexcept;
  /// What skipped.csv says of a product.
  skipped_row problem(const product& p, std::string column, std::string reason) const {
    return {path, p.row, p.id, std::move(column), std::move(reason)};
  }
};

/// Reads a products CSV. A record that is no CSV or not UTF-8, an id that is missing or was seen before, a
/// row without text and picture: each becomes a problem with its row, and reading goes on. Pictures are
/// looked for (picture_finder), not read. Throws file_error, csv_error for a bad header, format_error for a
/// column that is asked for and not there (it lists the columns there are), option_error when there is
/// neither a text nor an image column.
catalogue load_catalogue(const std::string& path, const catalogue_options& options = {});

/// Without white space at either end, that of Unicode included (what Python's str.strip() takes away).
std::string_view trimmed(std::string_view text);

/// `file,row,id,column,reason`, written atomically; rows in the order given.
void write_skipped(const std::string& path, const std::vector<skipped_row>& rows);

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/products.ipp>
#endif
