#pragma once

#include <algorithm>
#include <cstddef>

#include <aisle/base/ascii.hpp>
#include <aisle/io/file_kind.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

struct file_magic {
  std::string_view magic;
  known_file kind;
  std::size_t offset = 0;
};

inline constexpr std::string_view save_as_csv = "save it as CSV UTF-8 in the spreadsheet program";
inline constexpr std::string_view unpack = "unpack it and name the table in it";
inline constexpr std::string_view name_table = "name the table";
inline constexpr std::string_view pandas_feather =
    "python3 -c \"import pandas; pandas.read_feather('FILE').to_csv('products.csv', index=False)\" makes one";
inline constexpr std::string_view save_elsewhere = "export the table as CSV from the program that wrote it";

using namespace std::string_view_literals;

/// The first that fits counts.
inline constexpr file_magic file_magics[] = {
    {"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"sv, {"an Excel workbook (xls)", file_class::table, save_as_csv}},
    {"PAR1"sv,
     {"a Parquet file", file_class::table,
      "python3 -c \"import pandas; pandas.read_parquet('FILE').to_csv('products.csv', index=False)\" makes "
      "one"}},
    {"ARROW1"sv, {"an Arrow file", file_class::table, pandas_feather}},
    {"FEA1"sv, {"a Feather file", file_class::table, pandas_feather}},
    {"\xFF\xFF\xFF\xFF"sv, {"an Arrow stream", file_class::table, save_elsewhere}},
    {"SQLite format 3\0"sv,
     {"an SQLite database", file_class::table,
      "sqlite3 -header -csv FILE 'select * from TABLE' > products.csv makes one"}},
    {"ORC"sv, {"an ORC file", file_class::table, save_elsewhere}},
    {"Obj\x01"sv, {"an Avro file", file_class::table, save_elsewhere}},
    {"\x89HDF"sv, {"an HDF5 file", file_class::tensors, save_elsewhere}},
    {"\x93NUMPY"sv, {"a NumPy array", file_class::tensors, save_elsewhere}},
    {"GGUF"sv, {"a GGUF file", file_class::tensors, name_table}},
    {"\x80\x02"sv, {"a Python pickle", file_class::tensors, save_elsewhere}},
    {"\x80\x03"sv, {"a Python pickle", file_class::tensors, save_elsewhere}},
    {"\x80\x04"sv, {"a Python pickle", file_class::tensors, save_elsewhere}},
    {"\x80\x05"sv, {"a Python pickle", file_class::tensors, save_elsewhere}},
    {"\x1F\x8B"sv, {"gzip data", file_class::packed, "unpack it with gunzip"}},
    {"BZh"sv, {"a bzip2 file", file_class::packed, "unpack it with bunzip2"}},
    {"\xFD"
     "7zXZ\0"sv,
     {"an xz file", file_class::packed, "unpack it with unxz"}},
    {"\x28\xB5\x2F\xFD"sv, {"a zstd file", file_class::packed, "unpack it with unzstd"}},
    {"\x04\x22\x4D\x18"sv, {"an lz4 file", file_class::packed, "unpack it with unlz4"}},
    {"7z\xBC\xAF\x27\x1C"sv, {"a 7z archive", file_class::archive, unpack}},
    {"Rar!\x1A\x07"sv, {"a RAR archive", file_class::archive, unpack}},
    {"ustar"sv, {"a tar archive", file_class::archive, unpack}, 257},
    {"%PDF"sv, {"a PDF document", file_class::document, "export the table behind it as CSV"}},
    {"{\\rtf"sv, {"an RTF document", file_class::document, "save it as plain text"}},
    {"\xFF\xFE\0\0"sv, {"UTF-32 text", file_class::document, "save it as UTF-8"}},
    {"\0\0\xFE\xFF"sv, {"UTF-32 text", file_class::document, "save it as UTF-8"}},
    {"version https://git-lfs"sv,
     {"a Git LFS pointer", file_class::pointer, "fetch the file it stands for (`git lfs pull`)"}},
    {"\x89PNG\r\n\x1A\n"sv, {"a PNG image", file_class::picture, name_table}},
    {"\xFF\xD8\xFF"sv, {"a JPEG image", file_class::picture, name_table}},
    {"GIF87a"sv, {"a GIF image", file_class::picture, name_table}},
    {"GIF89a"sv, {"a GIF image", file_class::picture, name_table}},
    {"WEBP"sv, {"a WebP image", file_class::picture, name_table}, 8},
    {"ftypavif"sv, {"an AVIF image", file_class::picture, name_table}, 4},
    {"ftypavis"sv, {"an AVIF image", file_class::picture, name_table}, 4},
    {"ftyphe"sv, {"a HEIF image", file_class::picture, name_table}, 4},
    {"ftypmif1"sv, {"a HEIF image", file_class::picture, name_table}, 4},
    {"ftypmsf1"sv, {"a HEIF image", file_class::picture, name_table}, 4},
    {"ftyp"sv, {"a HEIF, AVIF or MP4 file", file_class::picture, name_table}, 4},
    {"II*\0"sv, {"a TIFF image", file_class::picture, name_table}},
    {"MM\0*"sv, {"a TIFF image", file_class::picture, name_table}},
    {"II+\0"sv, {"a TIFF image", file_class::picture, name_table}},
    {"MM\0+"sv, {"a TIFF image", file_class::picture, name_table}},
    {"\0\0\0\x0CJXL "sv, {"a JPEG XL image", file_class::picture, name_table}},
    {"\xFF\x0A"sv, {"a JPEG XL image", file_class::picture, name_table}},
    {"\0\0\0\x0CjP  "sv, {"a JPEG 2000 image", file_class::picture, name_table}},
    {"8BPS"sv, {"a Photoshop image", file_class::picture, name_table}},
    {"\0\0\1\0"sv, {"a Windows icon", file_class::picture, name_table}},
};

/// What is zipped: the names and, where it is stored, the content of the entries, in any order.
AISLE_API known_file zip_kind(std::string_view bytes) noexcept {
  const auto holds = [&](std::string_view part) { return bytes.find(part) != std::string_view::npos; };
  const auto workbook = [](std::string_view name) {
    return known_file{name, file_class::table, save_as_csv};
  };
  if (holds("application/vnd.oasis.opendocument.spreadsheet"))
    return workbook("an OpenDocument spreadsheet (ods)");
  if (holds("xl/workbook.bin")) return workbook("an Excel workbook (xlsb)");
  if (holds("xl/")) return workbook("an Excel workbook (xlsx)");
  if (holds("word/"))
    return {"a Word document (docx)", file_class::document, "save the table as CSV or plain text"};
  if (holds("Index/Document.iwa")) return workbook("a Numbers spreadsheet");
  if (holds("[Content_Types].xml")) return workbook("an Office document, perhaps an Excel workbook (xlsx)");
  return {"a zip archive", file_class::archive, unpack};
}

/// What markup is that begins with '<'. A table's header may begin so too.
AISLE_API known_file markup_kind(std::string_view text) noexcept {
  const std::string_view start = text.substr(0, 1000);
  const auto begins = [&](auto&... tags) { return (ascii::starts_without_case(text, tags) || ...); };
  const auto holds = [&](auto&... tags) { return (ascii::holds_without_case(start, tags) || ...); };
  if (holds("Excel.Sheet")) return {"an Excel workbook (XML)", file_class::table, save_as_csv};
  if (begins("<svg") || (holds("<svg") && !holds("<html", "<body")))
    return {"an SVG drawing", file_class::picture, name_table};
  if (begins("<!doctype html", "<!--", "<table", "<div", "<style", "<center", "<font") ||
      holds("<!doctype html", "<html", "<head", "<body", "<script", "<meta", "<title"))
    return {"a web page (HTML)", file_class::page,
            "download the table itself, or open the page in a spreadsheet program and save it as CSV UTF-8"};
  if (begins("<?xml", "<!doctype")) return {"an XML file", file_class::page, save_elsewhere};
  return {};
}

/// ONNX begins with its format's version and the name of the program that wrote it, as protocol buffers:
/// fields 1 and 2.
AISLE_API bool is_onnx(std::string_view bytes) noexcept {
  if (bytes.size() < 4 || bytes[0] != 0x08 || bytes[1] < 1 || bytes[1] > 64 || bytes[2] != 0x12) return false;
  const std::string_view producer = bytes.substr(4, static_cast<unsigned char>(bytes[3]));
  return !producer.empty() && std::all_of(producer.begin(), producer.end(), [](char c) { return c >= ' '; });
}

}  // namespace detail

AISLE_API known_file recognise_file(std::string_view bytes) noexcept {
  for (const std::string_view zip : {"PK\x03\x04", "PK\x05\x06"})
    if (bytes.starts_with(zip)) return detail::zip_kind(bytes);
  // A table's header may begin with such letters ("ORCID,name"); what they begin in those files is never all
  // text.
  const auto is_word = [](std::string_view magic) {
    return std::all_of(magic.begin(), magic.end(),
                       [](char c) { return ascii::is_letter(c) || ascii::is_digit(c); });
  };
  const auto is_control = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && ascii::blanks.find(c) == std::string_view::npos;
  };
  const std::string_view start = bytes.substr(0, 512);
  const bool binary = std::any_of(start.begin(), start.end(), is_control);
  for (const detail::file_magic& m : detail::file_magics)
    if (bytes.size() > m.offset && bytes.substr(m.offset).starts_with(m.magic) &&
        (binary || !is_word(m.magic)))
      return m.kind;
  if (detail::is_onnx(bytes)) return {"an ONNX model", file_class::tensors, detail::save_elsewhere};
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  bytes = ascii::behind_blanks(bytes);
  if (bytes.starts_with('<')) return detail::markup_kind(bytes);
  if (!binary && (bytes.starts_with('{') || bytes.starts_with('['))) return {"JSON text", file_class::text};
  return {};
}

AISLE_NAMESPACE_END
