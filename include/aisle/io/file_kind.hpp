#pragma once

#include <string_view>

#include <aisle/base/config.hpp>

AISLE_NAMESPACE_BEGIN

/// A kind of file that is not read as a table.
struct foreign_file {
  std::string_view name;    ///< "an Excel workbook (xlsx)"; empty: nothing that is known
  std::string_view advice;  ///< "save it as CSV UTF-8 in the spreadsheet program"
};

/// Recognises workbooks, archives, databases, columnar files, pictures and web pages by their first bytes.
foreign_file recognise_foreign_file(std::string_view bytes) noexcept;

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/io/file_kind.ipp>
#endif
