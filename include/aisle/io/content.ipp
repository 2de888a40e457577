#pragma once

#include <algorithm>

#include <aisle/base/ascii.hpp>
#include <aisle/io/content.hpp>
#include <aisle/io/file_kind.hpp>

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

/// Whether a file may begin so that holds tensors: safetensors (eight bytes of a length, then JSON), or what
/// PyTorch writes (a zip archive, a pickle).
AISLE_API bool may_be_checkpoint(std::string_view start) {
  return (start.size() > 8 && start[7] == '\0' && start[8] == '{') || start.starts_with("PK\x03\x04") ||
         start.starts_with('\x80');
}

AISLE_API std::string not_a_checkpoint(std::string_view start, std::uint64_t size) {
  if (size == 0) return "is empty, expected safetensors or a PyTorch checkpoint: was the download cut off?";
  if (may_be_checkpoint(start)) return {};
  std::string_view text = start;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  text = ascii::behind_blanks(text);

  const known_file found = recognise_file(start);
  const std::string is = "is " + std::string(found.name);
  switch (found.is) {
    case file_class::unknown:
      break;
    case file_class::packed:
    case file_class::archive:
      return is + ": unpack it first";
    case file_class::tensors: {
      const std::string expected = is + "; expected safetensors or a PyTorch checkpoint";
      if (found.name == "an HDF5 file")
        return expected + ": `aisle weights convert` makes one of Keras weights";
      // An export folds norms into convolutions, transposes matrices and gives what it made names of its own.
      if (found.name == "an ONNX model") return expected + ": the one that was exported";
      return expected;
    }
    case file_class::pointer:
      return is + ", not the file: " + std::string(found.advice);
    case file_class::text:
      return "is JSON, not a checkpoint: it starts " + quoted(text) +
             "; was a server's answer saved under this name?";
    case file_class::page:
      if (found.name != "an XML file")
        return is + ", not a checkpoint: was the link to the file's page instead of the file?";
      break;
    case file_class::table:
    case file_class::picture:
    case file_class::document:
      return is + ", not a checkpoint";
  }
  if (text.starts_with('<'))
    return "is an XML document, not a checkpoint: it starts " + quoted(text) +
           "; was a server's error message saved under this name?";
  // A length of 8 bytes begins a safetensors file; a real one has a zero byte among them.
  const bool readable = std::all_of(start.begin(), start.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 || ascii::blanks.find(c) != std::string_view::npos;
  });
  return readable ? "is a text, not a checkpoint: it starts " + quoted(text) : std::string();
}

}  // namespace detail

AISLE_NAMESPACE_END
