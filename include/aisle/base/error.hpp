#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <aisle/base/config.hpp>

// Every exception the library throws. Each message says what was expected, what was found, and where.

AISLE_NAMESPACE_BEGIN

/// Base of all exceptions of the library.
class error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

namespace detail {
using error_base = error;  // who has a macro error(...) can compile the constructors below
}

/// A file that cannot be opened, read, mapped or written.
class file_error : public error {
 public:
  file_error(std::string path, const std::string& what)
      : detail::error_base(path + ": " + what), path_(std::move(path)) {}
  const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

/// The machine fails, not the file: a disk's read error, no more file handles, memory or space. What passes
/// over bad files (a picture of a catalogue) stops at these: the next file would fare no better, and a later
/// run may do all of it.
class machine_error : public file_error {
 public:
  using file_error::file_error;
};

/// Bytes that are not what their format says: a damaged checkpoint, image, CSV or JSON.
class format_error : public error {
 public:
  format_error(std::string where, const std::string& what)
      : detail::error_base(where + ": " + what), where_(std::move(where)) {}
  /// The file, and where known the line, offset or key inside it.
  const std::string& where() const noexcept { return where_; }

 private:
  std::string where_;
};

/// A tensor that is missing from a checkpoint or has another shape or type than the model expects.
class tensor_error : public error {
 public:
  using error::error;
};

/// Arguments whose sizes do not fit each other.
class shape_error : public error {
 public:
  using error::error;
};

/// An option or configuration value that is not supported.
class option_error : public error {
 public:
  using error::error;
};

/// Something that has to be fitted first: a learner, scaler or fusion asked for what it has not learnt.
class not_fitted_error : public error {
 public:
  using error::error;
};

/// One bad row of a table. `row` is the 0-based data row.
class row_error : public error {
 public:
  row_error(std::string file, std::int64_t row, std::string column, std::string reason)
      : detail::error_base(file + ": row " + std::to_string(row) +
                           (column.empty() ? "" : ", column " + column) + ": " + reason),
        file_(std::move(file)),
        row_(row),
        column_(std::move(column)),
        reason_(std::move(reason)) {}
  const std::string& file() const noexcept { return file_; }
  std::int64_t row() const noexcept { return row_; }
  const std::string& column() const noexcept { return column_; }
  const std::string& reason() const noexcept { return reason_; }

 private:
  std::string file_;
  std::int64_t row_;
  std::string column_, reason_;
};

AISLE_NAMESPACE_END
