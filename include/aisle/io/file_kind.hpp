#pragma once

#include <string_view>

#include <aisle/base/config.hpp>

AISLE_NAMESPACE_BEGIN

/// What somebody does with a file.
enum class file_class : unsigned char {
  unknown,
  table,    ///< a workbook, a database, a columnar file
  tensors,  ///< arrays of numbers
  picture,
  archive,  ///< other files
  packed,   ///< one other file
  document,
  page,
  pointer,  ///< stands for a file that is elsewhere
  text      ///< JSON
};

/// A kind of file that is known by its content.
struct known_file {
  std::string_view name = {};  ///< "an Excel workbook (xlsx)"; empty: nothing that is known
  file_class is = file_class::unknown;
  std::string_view advice =
      {};  ///< how it becomes a table: "save it as CSV UTF-8 in the spreadsheet program"
};

/// Recognises files by their first bytes, zip archives by the names in them; for the messages of those who
/// expected something else: tables (io/table), checkpoints (io/content), pictures (image/decode).
known_file recognise_file(std::string_view bytes) noexcept;

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/io/file_kind.ipp>
#endif
