#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <aisle/io/base64.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {
inline constexpr char base64_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
inline constexpr std::uint8_t no_base64 = 255;
inline constexpr std::array<std::uint8_t, 256> base64_values = [] {
  std::array<std::uint8_t, 256> out{};
  for (std::uint8_t& v : out) v = no_base64;
  for (std::uint8_t i = 0; i < 64; ++i) out[static_cast<unsigned char>(base64_alphabet[i])] = i;
  return out;
}();
}  // namespace detail

AISLE_API std::string encode_base64(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  const auto byte = [&](std::size_t i) -> unsigned {
    return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0u;
  };
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const unsigned group = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    out += detail::base64_alphabet[group >> 18];
    out += detail::base64_alphabet[group >> 12 & 63];
    out += i + 1 < bytes.size() ? detail::base64_alphabet[group >> 6 & 63] : '=';
    out += i + 2 < bytes.size() ? detail::base64_alphabet[group & 63] : '=';
  }
  return out;
}

AISLE_API std::optional<std::string> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  std::string out;
  out.reserve(text.size() / 4 * 3);
  for (std::size_t i = 0; i < text.size(); i += 4) {
    unsigned group = 0;
    for (std::size_t k = i; k < i + 4; ++k) {
      const bool pad = k >= text.size() - padding;
      const std::uint8_t value = pad ? 0 : detail::base64_values[static_cast<unsigned char>(text[k])];
      if (value == detail::no_base64) return std::nullopt;
      group = group << 6 | value;
    }
    const std::size_t bytes = 3 - (i + 4 == text.size() ? padding : 0);
    for (std::size_t k = 0; k < bytes; ++k) out += static_cast<char>(group >> (16 - 8 * k) & 255);
  }
  return out;
}

AISLE_NAMESPACE_END
