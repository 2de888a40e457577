#pragma once

#include <cstddef>

#include <aisle/io/detail/unread_encoding.hpp>
#include <aisle/io/utf8.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail {

AISLE_API bool is_of_unread_encoding(std::string_view text) noexcept {
  std::size_t characters = 0, broken = 0;
  for (std::size_t i = 0; i < text.size();) {
    if (static_cast<unsigned char>(text[i]) < 0x80) {
      ++i;
      continue;
    }
    const std::size_t n = utf8_sequence(text, i);
    (n > 0 ? characters : broken) += 1;
    i += n > 0 ? n : 1;
  }
  return broken > characters;
}

AISLE_API std::string describe_unread_encoding(const std::string& path, bool gzip) {
  const std::string name = path.find_first_of(" '\"\\$`") == path.npos ? path : "FILE";
  const std::string convert = "iconv -f ENCODING -t UTF-8";
  return "neither UTF-8 nor UTF-16 nor Windows-1252; where it is one of those all the same, --encoding says "
         "so, any other (GBK, SHIFT-JIS, CP1251, CP850, …) is converted first: " +
         (gzip ? "gunzip -c " + name + " | " + convert : convert + " " + name) + " > NEW_FILE";
}

}  // namespace detail
AISLE_NAMESPACE_END
