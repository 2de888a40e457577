#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <aisle/base/config.hpp>

AISLE_NAMESPACE_BEGIN

enum class inflate_status {
  complete,   ///< the stream ended and its checksum is right
  full,       ///< the output is full and the stream has more for it
  truncated,  ///< the input ended first
  broken,     ///< not a zlib stream, or its checksum is wrong
};

struct inflate_result {
  inflate_status status = inflate_status::broken;
  std::size_t written = 0;
};

/// Decompresses a zlib stream (RFC 1950, 1951) into `out`, never past its end: a bomb costs no more than
/// `out`. Where the output is full exactly at the end of the data the checksum is still verified, as zlib
/// does.
inflate_result inflate_zlib(std::span<const std::uint8_t> in, std::span<std::uint8_t> out);

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/image/inflate.ipp>
#endif
