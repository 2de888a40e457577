#pragma once

#include <atomic>
#include <span>
#include <string>

#include <aisle/base/file.hpp>
#include <aisle/base/process.hpp>
#include <aisle/image/decode.hpp>
#include <aisle/image/picture_turn.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// The pixels of a JPEG file by its frame header.
AISLE_API std::uint64_t stated_jpeg_pixels(std::span<const std::uint8_t> b) noexcept {
  for (std::size_t at = 2; at + 9 < b.size();) {
    if (b[at] != 0xFF || b[at + 1] == 0xFF) {
      ++at;
      continue;
    }
    const unsigned marker = b[at + 1];
    const bool frame = marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
    if (frame)
      return std::uint64_t{b[at + 5] * 256u + b[at + 6]} * std::uint64_t{b[at + 7] * 256u + b[at + 8]};
    const bool empty = marker <= 0x01 || (marker >= 0xD0 && marker <= 0xD8);
    at += empty ? 2 : 2 + std::size_t{b[at + 2] * 256u + b[at + 3]};
  }
  return 0;
}

AISLE_API std::uint64_t stated_pixels(std::span<const std::byte> bytes) noexcept {
  const std::span b(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const auto little = [&](std::size_t at, int n) {
    std::uint64_t v = 0;
    for (int i = n; i-- > 0;) v = v << 8 | b[at + static_cast<std::size_t>(i)];
    return v;
  };
  const auto big = [&](std::size_t at) {
    return std::uint64_t{b[at]} << 24 | std::uint64_t{b[at + 1]} << 16 | std::uint64_t{b[at + 2]} << 8 |
           b[at + 3];
  };
  if (text.starts_with("\xff\xd8\xff")) return stated_jpeg_pixels(b);
  if (b.size() < 30) return 0;
  if (text.starts_with("\x89PNG\r\n\x1a\n")) return big(16) * big(20);
  if (text.starts_with("GIF8")) return little(6, 2) * little(8, 2);
  if (text.starts_with("BM")) {
    const std::uint64_t height = little(22, 4);  // from the top down: negative
    return little(14, 4) == 12
               ? little(18, 2) * little(20, 2)
               : little(18, 4) * (height >> 31 != 0 ? (std::uint64_t{1} << 32) - height : height);
  }
  if (text.starts_with("RIFF") && text.substr(8, 4) == "WEBP") {
    const std::string_view kind = text.substr(12, 4);
    if (kind == "VP8X") return (little(24, 3) + 1) * (little(27, 3) + 1);
    if (kind == "VP8 ") return (little(26, 2) & 0x3FFF) * (little(28, 2) & 0x3FFF);
    if (kind == "VP8L") return ((little(21, 4) & 0x3FFF) + 1) * ((little(21, 4) >> 14 & 0x3FFF) + 1);
  }
  return 0;
}

// Who has the turn: a process, so that a child that was forked meanwhile does not wait for a thread that it
// has not.
inline std::atomic<int> picture_turn_of{0};

AISLE_API void picture_turn::take() {
  if (taken_) return;
  const int own = process_id();
  for (int holder = 0; !picture_turn_of.compare_exchange_strong(holder, own);) {
    if (holder == own) {
      throw_if_interrupted();
      wait_milliseconds(2);  // beside seconds of decoding
      holder = 0;
    }
  }
  taken_ = true;
}

AISLE_API picture_turn::~picture_turn() {
  if (taken_) picture_turn_of.store(0);
}

AISLE_API image read_image(const std::string& path, picture_turn& turn, const bytes_callback& on_bytes,
                           const size_demand& demand) {
  if (file_exists(path) && file_size(path) >= big_picture_bytes) turn.take();
  const std::string bytes = read_file(path, picture_file_limit, file_kinds::regular);
  if (on_bytes) on_bytes(std::as_bytes(std::span(bytes)));
  return decode_image(std::as_bytes(std::span(bytes)), path, turn, demand);
}

}  // namespace detail

AISLE_API image decode_image(std::span<const std::byte> bytes, std::string_view where) {
  detail::picture_turn turn;
  return detail::decode_image(bytes, where, turn);
}

AISLE_API image read_image(const std::string& path,
                           const std::function<void(std::span<const std::byte>)>& on_bytes) {
  detail::picture_turn turn;
  return detail::read_image(path, turn, on_bytes);
}

AISLE_NAMESPACE_END
