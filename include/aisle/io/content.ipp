#pragma once

#include <algorithm>
#include <array>

#include <aisle/base/ascii.hpp>
#include <aisle/io/content.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// Bytes as one line for a message: at most `limit` of them, control characters as blanks.
AISLE_API std::string quoted(std::string_view text, std::size_t limit = 60) {
  std::string out(text.substr(0, limit));
  // Not in the middle of a character.
  while (text.size() > limit && !out.empty() && (static_cast<unsigned char>(out.back()) & 0x80) != 0)
    out.pop_back();
  std::replace_if(
      out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return "'" + out + (text.size() > limit ? "…'" : "'");
}

AISLE_API std::string markup(std::string_view text) {
  const std::string lower = ascii::lower(text);
  for (const char* tag : {"<!doctype html", "<html", "<head", "<body", "<script", "<meta", "<title"})
    if (lower.find(tag) != std::string::npos)
      return "is a web page (HTML), not a checkpoint: was the link to the file's page instead of the file?";
  return "is an XML document, not a checkpoint: it starts " + quoted(text) +
         "; was a server's error message saved under this name?";
}

AISLE_API std::string not_a_checkpoint(std::string_view start, std::uint64_t size) {
  if (size == 0) return "is empty, expected safetensors or a PyTorch checkpoint: was the download cut off?";
  struct magic {
    std::string_view bytes, what;
  };
  static constexpr std::array<magic, 6> others = {{
      {"\x89HDF", "is an HDF5 file; expected safetensors or a PyTorch checkpoint"},
      {"\x1f\x8b", "is compressed with gzip: unpack it first"},
      {"7z\xbc\xaf", "is a 7z archive: unpack it first"},
      {"Rar!", "is a RAR archive: unpack it first"},
      {"GGUF", "is a GGUF file; expected safetensors or a PyTorch checkpoint"},
      {"%PDF", "is a PDF document, not a checkpoint"},
  }};
  for (const magic& m : others)
    if (start.starts_with(m.bytes)) return std::string(m.what);

  std::string_view text = start;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  if (text.starts_with("version https://git-lfs"))
    return "is a Git LFS pointer, not the file: fetch the file it stands for (`git lfs pull`)";
  if (text.starts_with('<')) return markup(text);
  // A length of 8 bytes begins a safetensors file; a real one has a zero byte among them.
  const bool readable = std::all_of(start.begin(), start.end(), [](char c) {
    const auto b = static_cast<unsigned char>(c);
    return b >= 0x20 || c == '\t' || c == '\r' || c == '\n';
  });
  if (!readable) return {};
  if (text.starts_with('{') || text.starts_with('['))
    return "is JSON, not a checkpoint: it starts " + quoted(text) +
           "; was a server's answer saved under this name?";
  return "is a text, not a checkpoint: it starts " + quoted(text);
}

}  // namespace detail

AISLE_NAMESPACE_END
