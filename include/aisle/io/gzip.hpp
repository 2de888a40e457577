#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include <aisle/base/config.hpp>
#include <aisle/base/error.hpp>

AISLE_NAMESPACE_BEGIN

/// Whether the bytes begin as a gzip file does.
bool is_gzip(std::span<const std::byte> bytes) noexcept;

/// Unpacks a gzip file (RFC 1952), all members of it, checksums and sizes verified; zeros behind the last are
/// padding. Throws format_error with `where` for a damaged one, and for one that holds more than `limit`
/// bytes, before more memory than that is taken.
std::string gunzip(std::span<const std::byte> bytes, const std::string& where, std::uint64_t limit);

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/io/gzip.ipp>
#endif
