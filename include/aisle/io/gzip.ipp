#pragma once

#include <algorithm>

#include <aisle/io/gzip.hpp>
#include <aisle/io/inflate.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// Bytes of the header that a member begins with; 0 where it is none or is cut off.
AISLE_API std::size_t gzip_header_size(std::span<const std::uint8_t> in) {
  constexpr unsigned header_crc = 2, extra = 4, name = 8, comment = 16, reserved = 0xE0;
  if (in.size() < 10 || in[0] != 0x1F || in[1] != 0x8B || in[2] != 8 || (in[3] & reserved) != 0) return 0;
  const unsigned flags = in[3];
  std::size_t at = 10;
  if ((flags & extra) != 0) {
    if (at + 2 > in.size()) return 0;
    at += 2u + in[at] + 256u * in[at + 1];
  }
  for (const unsigned text : {name, comment}) {
    if ((flags & text) == 0) continue;
    while (at < in.size() && in[at] != 0) ++at;
    ++at;
  }
  if ((flags & header_crc) != 0) at += 2;
  return at <= in.size() ? at : 0;
}

}  // namespace detail

AISLE_API bool is_gzip(std::span<const std::byte> bytes) noexcept {
  return bytes.size() >= 2 && bytes[0] == std::byte{0x1F} && bytes[1] == std::byte{0x8B};
}

AISLE_API std::string gunzip(std::span<const std::byte> bytes, const std::string& where,
                             std::uint64_t limit) {
  const std::span all(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  const auto fail = [&](std::size_t at, const std::string& what) {
    throw format_error(where, "gzip, byte " + std::to_string(at) + ": " + what);
  };
  std::string out;
  for (std::size_t at = 0; at < all.size();) {
    const auto rest = all.subspan(at);
    if (at > 0 && std::all_of(rest.begin(), rest.end(), [](std::uint8_t b) { return b == 0; })) break;
    const std::size_t header = detail::gzip_header_size(rest);
    if (header == 0) fail(at, at == 0 ? "a damaged header" : "neither another member nor the end");
    const std::size_t before = out.size();
    const inflate_result r = inflate_deflate(rest.subspan(header), out, static_cast<std::size_t>(limit));
    if (r.status == inflate_status::full)
      throw format_error(where, "holds more than the " + std::to_string(limit >> 20) +
                                    " MiB that are read of a packed file; unpack it with gunzip");
    if (r.status == inflate_status::broken) fail(at, "damaged data");
    const std::size_t trailer = header + r.read;
    if (r.status == inflate_status::truncated || trailer + 8 > rest.size()) fail(at, "the file is cut off");
    const auto little_endian = [&](std::size_t i) {
      std::uint32_t v = 0;
      for (std::size_t k = 4; k-- > 0;) v = v << 8 | rest[trailer + i + k];
      return v;
    };
    const std::span member(reinterpret_cast<const std::uint8_t*>(out.data()) + before, r.written);
    if (little_endian(0) != crc32(member)) fail(at, "damaged data (its checksum is another)");
    if (little_endian(4) != static_cast<std::uint32_t>(r.written))
      fail(at, "damaged data (its size is another)");
    at += trailer + 8;
  }
  return out;
}

AISLE_NAMESPACE_END
