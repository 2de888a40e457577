#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/catalogue/picture_paths.hpp>
#include <aisle/catalogue/products.hpp>
#include <aisle/io/json.hpp>
#include <aisle/io/lines.hpp>

// Rows that are to get vectors, one batch after the other: a catalogue's, or those of a stream.

AISLE_NAMESPACE_BEGIN

/// One row of an input.
struct source_row {
  std::int64_t row = 0;   ///< 0-based; rows that cannot be read count too
  std::int64_t line = 0;  ///< it stands on, from 1; 0: unknown, or `error` names it
  json id;                ///< as the input gave it
  std::string text, image;
  std::string error;          ///< why the row cannot be read
  std::string image_problem;  ///< why the picture's name leads nowhere
  /// The catalogue's columns as they stand there; none for rows of JSON. They live as long as the source.
  const std::vector<std::string>* fields = nullptr;
};

/// Rows of an input, in its order; those that cannot be read carry an error.
class row_source {
 public:
  virtual ~row_source() = default;
  /// The next rows, at most `count`, which is positive; none at the end. Throws file_error.
  virtual std::vector<source_row> next(std::size_t count) = 0;
  /// Passes over rows; fewer where there are no more.
  AISLE_API virtual void skip(std::int64_t count);
  /// How many there will be; 0: unknown.
  virtual std::int64_t total() const { return 0; }
  /// Of the input, for messages.
  virtual const std::string& path() const = 0;
};

/// A catalogue's rows, bad ones too.
class catalogue_rows : public row_source {
 public:
  explicit catalogue_rows(catalogue products);
  AISLE_API std::vector<source_row> next(std::size_t count) override;
  AISLE_API void skip(std::int64_t count) override;
  std::int64_t total() const override {
    return static_cast<std::int64_t>(products_.products.size() + products_.problems.size());
  }
  const std::string& path() const override { return products_.path; }

 private:
  source_row take_next();
  bool product_is_next() const;

  catalogue products_;
  std::size_t product_ = 0, problem_ = 0;  ///< the next of each
};

struct json_rows_options {
  std::string image_root = {};  ///< as in catalogue_options
  bool allow_outside = false;   ///< as in catalogue_options
  bool keep_html = false;       ///< texts as they are
  std::int64_t limit = 0;       ///< 0: all
};

/// Rows that stand in JSON lines: {"id": any, "text": "…", "image": "path"}, each member optional. Rows that
/// have arrived are given at once, fewer than asked for: a producer may wait for the answer to its row.
class json_rows : public row_source {
 public:
  /// "-": stdin. Throws file_error.
  explicit json_rows(const std::string& path, const json_rows_options& options = {});
  AISLE_API std::vector<source_row> next(std::size_t count) override;
  AISLE_API void skip(std::int64_t count) override;
  const std::string& path() const override { return lines_.path(); }

 private:
  bool next_line(bool waits);
  void read(source_row& row);
  line_reader lines_;
  picture_finder pictures_;
  std::string line_;
  std::int64_t limit_, rows_ = 0;
  bool keep_html_;
};

/// Rows of a file of JSON lines, as json_rows counts them.
std::int64_t count_json_rows(const std::string& path);

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/row_source.ipp>
#endif
