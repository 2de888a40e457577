#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <aisle/base/config.hpp>

AISLE_NAMESPACE_BEGIN

/// RFC 4648's alphabet, with padding.
std::string encode_base64(std::string_view bytes);
/// None where the text is no base64: another character, a length that is no multiple of four.
std::optional<std::string> decode_base64(std::string_view text);

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/io/base64.ipp>
#endif
