#pragma once

#include <string>
#include <string_view>

#include <aisle/base/config.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail {

/// Why a text is not taken for UTF-8 by a record: the reason that readers of tables give.
inline constexpr std::string_view invalid_utf8 = "invalid UTF-8";

/// Whether a text that detect_text_encoding() takes for UTF-8 is rather of an encoding that is not read: more
/// of it is no UTF-8 than there are characters beyond ASCII. (What was UTF-8 and was damaged is the other way
/// round.)
bool is_of_unread_encoding(std::string_view text) noexcept;

/// "neither UTF-8 nor UTF-16 nor Windows-1252, …", with what to do; `path` names the file.
std::string describe_unread_encoding(const std::string& path, bool gzip);

}  // namespace detail
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/io/detail/unread_encoding.ipp>
#endif
