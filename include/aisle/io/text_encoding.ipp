#pragma once

#include <algorithm>
#include <array>

#include <aisle/base/ascii.hpp>
#include <aisle/base/process.hpp>
#include <aisle/io/text_encoding.hpp>
#include <aisle/io/utf8.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// Code points of 0x80 to 0x9F in Windows-1252; 0: none.
inline constexpr std::array<char16_t, 32> windows1252_signs = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

/// A letter beyond ASCII in Windows-1252.
constexpr bool is_high_letter(unsigned char c) noexcept {
  return (c >= 0xC0 && c != 0xD7 && c != 0xF7) || c == 0x8A || c == 0x8C || c == 0x8E || c == 0x9A ||
         c == 0x9C || c == 0x9E || c == 0x9F;
}

/// Whether UTF-16 without a mark, and which: every separator, digit and line end has a zero byte.
AISLE_API std::optional<text_encoding> detect_utf16(std::string_view bytes) noexcept {
  const std::string_view sample = bytes.substr(0, std::size_t{1} << 16);
  const std::size_t pairs = sample.size() / 2;
  if (pairs < 2) return std::nullopt;
  std::array<std::size_t, 2> zeros{};
  std::size_t letters = 0;  // pairs of two characters of ASCII: much of a text that is none of UTF-16
  const auto is_ascii = [](char c) { return c >= 0x20 && c < 0x7F; };
  for (std::size_t i = 0; i < 2 * pairs; i += 2) {
    zeros[0] += sample[i] == '\0';
    zeros[1] += sample[i + 1] == '\0';
    letters += is_ascii(sample[i]) && is_ascii(sample[i + 1]);
  }
  if (10 * letters > 6 * pairs) return std::nullopt;
  for (const std::size_t side : {std::size_t{0}, std::size_t{1}})
    if (10 * zeros[side] >= pairs && 8 * zeros[1 - side] <= zeros[side])
      return side == 0 ? text_encoding::utf16be : text_encoding::utf16le;
  return std::nullopt;
}

/// Whether bytes that are not UTF-8 read as a text of Windows-1252: see detect_text_encoding().
AISLE_API bool reads_as_windows1252(std::string_view bytes) noexcept {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  std::size_t utf8 = 0, odd = 0, plausible = 0, controls = 0;
  for (std::size_t i = 0; i < bytes.size();) {
    const unsigned char c = at(i);
    if (c < 0x80) {
      controls += (c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != '\v') || c == 0x7F;
      ++i;
      continue;
    }
    if (const std::size_t n = utf8_sequence(bytes, i); n > 0) {
      ++utf8;
      i += n;
      continue;
    }
    if (!is_high_letter(c)) {
      (c >= 0xA0 || windows1252_signs[c - 0x80u] != 0 ? plausible : odd) += 1;
      ++i;
      continue;
    }
    std::size_t end = i;
    while (end < bytes.size() && is_high_letter(at(end))) ++end;
    const std::size_t count = end - i;
    const bool in_word = (i > 0 && ascii::is_letter(static_cast<char>(at(i - 1)))) ||
                         (end < bytes.size() && ascii::is_letter(static_cast<char>(at(end))));
    const bool alone = count == 1 && c != 0xFF && c != 0xFE;
    (alone || (in_word && count <= 3) ? plausible : odd) += count;
    i = end;
  }
  return plausible > 0 && plausible + odd > 20 * utf8 && plausible >= 9 * odd &&
         1000 * controls <= bytes.size();
}

}  // namespace detail

AISLE_API std::string_view to_string(text_encoding encoding) noexcept {
  constexpr std::array<std::string_view, 5> names = {"UTF-8", "UTF-16LE", "UTF-16BE", "Windows-1252",
                                                     "Latin-1"};
  return names[static_cast<std::size_t>(encoding)];
}

AISLE_API text_encoding parse_text_encoding(std::string_view name, std::string_view bytes) {
  std::string plain;
  for (const char c : name)
    if (c != '-' && c != '_' && c != ' ') plain += ascii::lower(c);
  if (plain == "utf8" || plain == "utf8sig") return text_encoding::utf8;
  if (plain == "utf16le") return text_encoding::utf16le;
  if (plain == "utf16be") return text_encoding::utf16be;
  if (plain == "utf16")
    return byte_order_mark(bytes, text_encoding::utf16be) > 0 ? text_encoding::utf16be
                                                              : text_encoding::utf16le;
  if (plain == "windows1252" || plain == "cp1252") return text_encoding::windows1252;
  if (plain == "latin1" || plain == "iso88591") return text_encoding::latin1;
  throw option_error("an unknown encoding '" + std::string(name) +
                     "', expected utf-8, utf-16, utf-16le, utf-16be, windows-1252 or latin-1");
}

AISLE_API std::size_t byte_order_mark(std::string_view bytes, text_encoding encoding) noexcept {
  const std::string_view mark = encoding == text_encoding::utf8      ? "\xEF\xBB\xBF"
                                : encoding == text_encoding::utf16le ? "\xFF\xFE"
                                : encoding == text_encoding::utf16be ? "\xFE\xFF"
                                                                     : "";
  return bytes.starts_with(mark) ? mark.size() : 0;
}

AISLE_API text_encoding detect_text_encoding(std::string_view bytes) noexcept {
  for (const text_encoding e : {text_encoding::utf8, text_encoding::utf16le, text_encoding::utf16be})
    if (byte_order_mark(bytes, e) > 0) return e;
  if (const auto utf16 = detail::detect_utf16(bytes)) return *utf16;
  if (find_invalid_utf8(bytes) == std::string_view::npos) return text_encoding::utf8;
  return detail::reads_as_windows1252(bytes) ? text_encoding::windows1252 : text_encoding::utf8;
}

AISLE_API std::string to_utf8(std::string_view bytes, text_encoding encoding, const std::string& where,
                              std::uint64_t limit) {
  const auto stay_within = [&](const std::string& out) {
    if ((out.size() & 0xFFFF) == 0) throw_if_interrupted();
    if (out.size() > limit)
      throw format_error(where, "more than " + std::to_string(limit >> 20) + " MiB of " +
                                    std::string(to_string(encoding)) + ", expected less, or UTF-8");
  };
  bytes.remove_prefix(byte_order_mark(bytes, encoding));
  std::string out;
  if (encoding == text_encoding::utf8) {
    out = bytes;
    stay_within(out);
    return out;
  }
  out.reserve(std::min<std::uint64_t>(bytes.size() + bytes.size() / 8, limit));
  if (encoding == text_encoding::windows1252 || encoding == text_encoding::latin1) {
    for (const char byte : bytes) {
      const auto c = static_cast<unsigned char>(byte);
      const bool sign = encoding == text_encoding::windows1252 && c >= 0x80 && c < 0xA0;
      const char32_t point = sign ? detail::windows1252_signs[c - 0x80u] : c;
      if (point == 0 && c != 0)
        out += byte;
      else
        append_utf8(out, point);
      stay_within(out);
    }
    return out;
  }
  const bool little = encoding == text_encoding::utf16le;
  const auto unit = [&](std::size_t i) {
    const auto first = static_cast<unsigned char>(bytes[i]),
               second = static_cast<unsigned char>(bytes[i + 1]);
    return static_cast<char32_t>(little ? first | second << 8 : second | first << 8);
  };
  std::size_t i = 0;
  for (; i + 2 <= bytes.size(); i += 2) {
    char32_t c = unit(i);
    if (c >= 0xD800 && c < 0xDC00 && i + 4 <= bytes.size()) {
      const char32_t low = unit(i + 2);
      if (low >= 0xDC00 && low < 0xE000) {
        c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
        i += 2;
      }
    }
    append_utf8(out, c);
    stay_within(out);
  }
  if (i < bytes.size()) out += '\xFF';
  return out;
}

AISLE_NAMESPACE_END
