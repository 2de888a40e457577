#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <aisle/base/config.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// What a file that should hold weights is instead, from its first bytes (a thousand are enough) and its
/// size: "is a web page (HTML), not a checkpoint: …". Empty where it may be one. A download that went wrong
/// leaves such files under the name of the right one.
std::string not_a_checkpoint(std::string_view start, std::uint64_t size);

}  // namespace detail

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/io/content.ipp>
#endif
