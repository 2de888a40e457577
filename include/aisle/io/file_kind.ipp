#pragma once

#include <algorithm>
#include <cstddef>

#include <aisle/base/ascii.hpp>
#include <aisle/io/file_kind.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

struct file_magic {
  std::string_view magic;
  foreign_file kind;
};

inline constexpr std::string_view save_as_csv = "save it as CSV UTF-8 in the spreadsheet program";
inline constexpr std::string_view unpack = "unpack it and name the table in it";
inline constexpr std::string_view pandas_feather =
    "python3 -c \"import pandas; pandas.read_feather('FILE').to_csv('products.csv', index=False)\" makes one";
inline constexpr std::string_view save_elsewhere = "export the table as CSV from the program that wrote it";

using namespace std::string_view_literals;

inline constexpr file_magic file_magics[] = {
    {"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"sv, {"an Excel workbook (xls)", save_as_csv}},
    {"PAR1"sv,
     {"a Parquet file",
      "python3 -c \"import pandas; pandas.read_parquet('FILE').to_csv('products.csv', index=False)\" makes "
      "one"}},
    {"ARROW1"sv, {"an Arrow file", pandas_feather}},
    {"FEA1"sv, {"a Feather file", pandas_feather}},
    {"\xFF\xFF\xFF\xFF"sv, {"an Arrow stream", save_elsewhere}},
    {"SQLite format 3\0"sv,
     {"an SQLite database", "sqlite3 -header -csv FILE 'select * from TABLE' > products.csv makes one"}},
    {"ORC"sv, {"an ORC file", save_elsewhere}},
    {"Obj\x01"sv, {"an Avro file", save_elsewhere}},
    {"\x89HDF\r\n\x1A\n"sv, {"an HDF5 file", save_elsewhere}},
    {"\x93NUMPY"sv, {"a NumPy array", save_elsewhere}},
    {"\x80\x02"sv, {"a Python pickle", save_elsewhere}},
    {"\x80\x03"sv, {"a Python pickle", save_elsewhere}},
    {"\x80\x04"sv, {"a Python pickle", save_elsewhere}},
    {"\x80\x05"sv, {"a Python pickle", save_elsewhere}},
    {"BZh"sv, {"a bzip2 file", "unpack it with bunzip2"}},
    {"\xFD"
     "7zXZ\0"sv,
     {"an xz file", "unpack it with unxz"}},
    {"\x28\xB5\x2F\xFD"sv, {"a zstd file", "unpack it with unzstd"}},
    {"\x04\x22\x4D\x18"sv, {"an lz4 file", "unpack it with unlz4"}},
    {"7z\xBC\xAF\x27\x1C"sv, {"a 7z archive", unpack}},
    {"Rar!\x1A\x07"sv, {"a RAR archive", unpack}},
    {"%PDF-"sv, {"a PDF document", "export the table behind it as CSV"}},
    {"{\\rtf"sv, {"an RTF document", "save it as plain text"}},
    {"\x89PNG\r\n\x1A\n"sv, {"a picture (PNG)", "name the table"}},
    {"\xFF\xD8\xFF"sv, {"a picture (JPEG)", "name the table"}},
    {"\xFF\xFE\0\0"sv, {"UTF-32 text", "save it as UTF-8"}},
    {"\0\0\xFE\xFF"sv, {"UTF-32 text", "save it as UTF-8"}},
};

AISLE_API foreign_file zip_kind(std::string_view bytes) noexcept {
  // The names and, where it is stored, the content of the first entries tell what is zipped.
  const auto holds = [&](std::string_view part) { return bytes.find(part) != std::string_view::npos; };
  if (holds("application/vnd.oasis.opendocument.spreadsheet"))
    return {"an OpenDocument spreadsheet (ods)", save_as_csv};
  if (holds("xl/workbook.bin")) return {"an Excel workbook (xlsb)", save_as_csv};
  if (holds("xl/")) return {"an Excel workbook (xlsx)", save_as_csv};
  if (holds("word/")) return {"a Word document (docx)", "save the table as CSV or plain text"};
  if (holds("Index/Document.iwa")) return {"a Numbers spreadsheet", save_as_csv};
  if (holds("[Content_Types].xml"))
    return {"an Office document, perhaps an Excel workbook (xlsx)", save_as_csv};
  return {"a zip archive", unpack};
}

}  // namespace detail

AISLE_API foreign_file recognise_foreign_file(std::string_view bytes) noexcept {
  for (const std::string_view zip : {"PK\x03\x04", "PK\x05\x06"})
    if (bytes.starts_with(zip))
      // Entries may come in any order, and the list of their names is at the end.
      return detail::zip_kind(bytes);
  // A header may begin with such letters ("ORCID,name"); what they begin in those files is never all text.
  const auto binary = [&] {
    return bytes.starts_with("%PDF") || bytes.starts_with("{\\rtf") ||
           std::any_of(bytes.begin(),
                       bytes.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(bytes.size(), 512)),
                       [](unsigned char c) { return c < 0x20 && c != '\t' && c != '\n' && c != '\r'; });
  };
  for (const detail::file_magic& m : detail::file_magics)
    if (bytes.starts_with(m.magic) && binary()) return m.kind;
  if (bytes.size() > 262 && bytes.substr(257, 5) == "ustar") return {"a tar archive", detail::unpack};
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  const std::size_t first = bytes.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || bytes[first] != '<') return {};
  const std::string_view markup = bytes.substr(first);
  if (ascii::starts_without_case(markup, "<?xml")) {
    const bool excel = markup.substr(0, 1000).find("Excel.Sheet") != std::string_view::npos;
    if (excel) return {"an Excel workbook (XML)", detail::save_as_csv};
    return {"an XML file", detail::save_elsewhere};
  }
  for (const std::string_view tag : {"<!doctype", "<!--", "<html", "<head", "<body", "<meta", "<table",
                                     "<div", "<style", "<script", "<center", "<font"})
    if (ascii::starts_without_case(markup, tag))
      return {
          "a web page (HTML)",
          "download the table itself, or open the page in a spreadsheet program and save it as CSV UTF-8"};
  return {};
}

AISLE_NAMESPACE_END
