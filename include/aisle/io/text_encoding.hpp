#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <aisle/base/config.hpp>
#include <aisle/base/error.hpp>

AISLE_NAMESPACE_BEGIN

/// How the characters of a text are written as bytes.
enum class text_encoding { utf8, utf16le, utf16be, windows1252, latin1 };

/// "UTF-8", "UTF-16LE", "UTF-16BE", "Windows-1252", "Latin-1".
std::string_view to_string(text_encoding encoding) noexcept;

/// Reads a name in any case, with or without "-" and "_": utf-8, utf-16le, utf-16be, windows-1252 (cp1252),
/// latin-1 (iso-8859-1), and utf-16, which is big-endian where `bytes` begin with that mark and little-endian
/// otherwise. Throws option_error that lists them.
text_encoding parse_text_encoding(std::string_view name, std::string_view bytes = {});

/// Bytes of the byte order mark that `bytes` begin with in this encoding.
std::size_t byte_order_mark(std::string_view bytes, text_encoding encoding) noexcept;

/// Recognises the encoding of a whole text:
/// - by its mark;
/// - UTF-16 without one where one side of the byte pairs is zero at least once in ten, the other seldom,
///   and most pairs are not two characters of ASCII;
/// - Windows-1252 where the bytes are not UTF-8, fewer than one in twenty of the sequences beyond ASCII are
///   UTF-8 all the same, and at least nine in ten stand as letters and signs of Windows-1252 stand in a text:
///   letters alone or in a word with ASCII letters, no control characters;
/// - UTF-8 otherwise: what is broken in it is broken UTF-8.
text_encoding detect_text_encoding(std::string_view bytes) noexcept;

/// The text as UTF-8, its mark dropped. What is no character (half of a surrogate pair, an odd byte at the
/// end, one of the five bytes without a meaning in Windows-1252) becomes bytes that are not UTF-8, so that a
/// reader finds them in their place. Throws format_error with `where` for more than `limit` bytes.
std::string to_utf8(std::string_view bytes, text_encoding encoding, const std::string& where,
                    std::uint64_t limit);

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/io/text_encoding.ipp>
#endif
