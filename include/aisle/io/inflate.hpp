#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include <aisle/base/config.hpp>

AISLE_NAMESPACE_BEGIN

enum class inflate_status {
  complete,   ///< the stream ended and its checksum is right
  full,       ///< the output is full and the stream has more for it
  truncated,  ///< the input ended first
  broken,     ///< not such a stream, or its checksum is wrong
};

struct inflate_result {
  inflate_status status = inflate_status::broken;
  std::size_t written = 0;
  std::size_t read = 0;  ///< bytes of the input up to the end of the stream
};

/// Decompresses a zlib stream (RFC 1950, 1951) into `out`, never past its end: a bomb costs no more than
/// `out`. Where the output is full exactly at the end of the data the checksum is still verified, as zlib
/// does.
inflate_result inflate_zlib(std::span<const std::uint8_t> in, std::span<std::uint8_t> out);

/// Decompresses a deflate stream without a frame (RFC 1951) behind what `out` holds, which grows to at most
/// `limit` bytes; status full where that is too little.
inflate_result inflate_deflate(std::span<const std::uint8_t> in, std::string& out, std::size_t limit);

/// CRC-32 of ISO 3309, as PNG, zip and gzip carry it.
std::uint32_t crc32(std::span<const std::uint8_t> bytes) noexcept;

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/io/inflate.ipp>
#endif
