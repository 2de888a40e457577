#pragma once

#include <algorithm>
#include <cstring>

#include <aisle/base/config.hpp>
#include <aisle/base/hash.hpp>

#if AISLE_X86
#include <cpuid.h>
#include <immintrin.h>
#endif

AISLE_NAMESPACE_BEGIN

AISLE_API std::string to_hex(const sha256_digest& digest) {
  std::string out;
  for (const std::uint8_t byte : digest) {
    out += "0123456789abcdef"[byte >> 4];
    out += "0123456789abcdef"[byte & 15];
  }
  return out;
}

AISLE_API std::optional<sha256_digest> digest_from_hex(std::string_view text) {
  sha256_digest out;
  if (text.size() != 2 * out.size()) return std::nullopt;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool digit = c >= '0' && c <= '9';
    if (!digit && (c < 'a' || c > 'f')) return std::nullopt;
    const int value = digit ? c - '0' : c - 'a' + 10;
    out[i / 2] = static_cast<std::uint8_t>(i % 2 == 0 ? value << 4 : out[i / 2] | value);
  }
  return out;
}

namespace detail {

inline constexpr std::array<std::uint32_t, 64> sha256_constants = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

AISLE_API void sha256_blocks_portable(std::uint32_t* state, const std::uint8_t* data,
                                      std::size_t blocks) noexcept {
  const auto rotr = [](std::uint32_t x, int n) { return (x >> n) | (x << (32 - n)); };
  for (; blocks > 0; --blocks, data += 64) {
    std::uint32_t w[64];
    for (std::size_t i = 0; i < 16; ++i)
      w[i] = static_cast<std::uint32_t>(data[4 * i]) << 24 |
             static_cast<std::uint32_t>(data[4 * i + 1]) << 16 |
             static_cast<std::uint32_t>(data[4 * i + 2]) << 8 | data[4 * i + 3];
    for (std::size_t i = 16; i < 64; ++i) {
      const std::uint32_t s0 = rotr(w[i - 15], 7) ^ rotr(w[i - 15], 18) ^ (w[i - 15] >> 3);
      const std::uint32_t s1 = rotr(w[i - 2], 17) ^ rotr(w[i - 2], 19) ^ (w[i - 2] >> 10);
      w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    std::uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5],
                  g = state[6], h = state[7];
    // The letters change places by the order in which they are passed, not by copying them.
    const auto round = [&](std::uint32_t p, std::uint32_t q, std::uint32_t r, std::uint32_t& s,
                           std::uint32_t t, std::uint32_t u, std::uint32_t v, std::uint32_t& x,
                           std::size_t i) {
      x += (rotr(t, 6) ^ rotr(t, 11) ^ rotr(t, 25)) + ((t & u) ^ (~t & v)) + sha256_constants[i] + w[i];
      s += x;
      x += (rotr(p, 2) ^ rotr(p, 13) ^ rotr(p, 22)) + ((p & q) ^ (p & r) ^ (q & r));
    };
    for (std::size_t i = 0; i < 64; i += 8) {
      round(a, b, c, d, e, f, g, h, i);
      round(h, a, b, c, d, e, f, g, i + 1);
      round(g, h, a, b, c, d, e, f, i + 2);
      round(f, g, h, a, b, c, d, e, i + 3);
      round(e, f, g, h, a, b, c, d, i + 4);
      round(d, e, f, g, h, a, b, c, i + 5);
      round(c, d, e, f, g, h, a, b, i + 6);
      round(b, c, d, e, f, g, h, a, i + 7);
    }
    const std::uint32_t added[8] = {a, b, c, d, e, f, g, h};
    for (std::size_t i = 0; i < 8; ++i) state[i] += added[i];
  }
}

#if AISLE_X86
/// With the SHA extensions. Their two registers hold the letters A B E F and C D G H, A and C on top.
__attribute__((target("sha,sse4.1"))) AISLE_API void sha256_blocks_x86(std::uint32_t* state,
                                                                       const std::uint8_t* data,
                                                                       std::size_t blocks) noexcept {
  const auto word = [state](int i) { return static_cast<int>(state[i]); };
  const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0bLL, 0x0405060700010203LL);
  __m128i abef = _mm_set_epi32(word(0), word(1), word(4), word(5));
  __m128i cdgh = _mm_set_epi32(word(2), word(3), word(6), word(7));
  for (; blocks > 0; --blocks, data += 64) {
    const __m128i* from = reinterpret_cast<const __m128i*>(data);
    __m128i w[4] = {_mm_shuffle_epi8(_mm_loadu_si128(from), big_endian),
                    _mm_shuffle_epi8(_mm_loadu_si128(from + 1), big_endian),
                    _mm_shuffle_epi8(_mm_loadu_si128(from + 2), big_endian),
                    _mm_shuffle_epi8(_mm_loadu_si128(from + 3), big_endian)};
    const __m128i abef_before = abef, cdgh_before = cdgh;
    for (std::size_t i = 0; i < 64; i += 16) {
      const __m128i* k = reinterpret_cast<const __m128i*>(sha256_constants.data() + i);
      __m128i m = _mm_add_epi32(w[0], _mm_loadu_si128(k));
      cdgh = _mm_sha256rnds2_epu32(cdgh, abef, m);
      abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(m, 0x0e));
      m = _mm_add_epi32(w[1], _mm_loadu_si128(k + 1));
      cdgh = _mm_sha256rnds2_epu32(cdgh, abef, m);
      abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(m, 0x0e));
      m = _mm_add_epi32(w[2], _mm_loadu_si128(k + 2));
      cdgh = _mm_sha256rnds2_epu32(cdgh, abef, m);
      abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(m, 0x0e));
      m = _mm_add_epi32(w[3], _mm_loadu_si128(k + 3));
      cdgh = _mm_sha256rnds2_epu32(cdgh, abef, m);
      abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(m, 0x0e));
      if (i == 48) break;
      w[0] = _mm_sha256msg2_epu32(
          _mm_add_epi32(_mm_sha256msg1_epu32(w[0], w[1]), _mm_alignr_epi8(w[3], w[2], 4)), w[3]);
      w[1] = _mm_sha256msg2_epu32(
          _mm_add_epi32(_mm_sha256msg1_epu32(w[1], w[2]), _mm_alignr_epi8(w[0], w[3], 4)), w[0]);
      w[2] = _mm_sha256msg2_epu32(
          _mm_add_epi32(_mm_sha256msg1_epu32(w[2], w[3]), _mm_alignr_epi8(w[1], w[0], 4)), w[1]);
      w[3] = _mm_sha256msg2_epu32(
          _mm_add_epi32(_mm_sha256msg1_epu32(w[3], w[0]), _mm_alignr_epi8(w[2], w[1], 4)), w[2]);
    }
    abef = _mm_add_epi32(abef, abef_before);
    cdgh = _mm_add_epi32(cdgh, cdgh_before);
  }
  std::uint32_t out[8];
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out), abef);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out + 4), cdgh);
  constexpr std::size_t place[8] = {5, 4, 1, 0, 7, 6, 3, 2};
  for (std::size_t i = 0; i < 8; ++i) state[place[i]] = out[i];
}
#endif

AISLE_API sha256_blocks_function sha256_blocks_of_processor() noexcept {
#if AISLE_X86
  // They use no register that the operating system would have to know of.
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & (1u << 19)) == 0) return nullptr;           // SSE4.1
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0 || (b & (1u << 29)) == 0) return nullptr;  // SHA
  return sha256_blocks_x86;
#else
  return nullptr;
#endif
}

AISLE_API sha256_blocks_function fastest_sha256_blocks() noexcept {
  static const sha256_blocks_function chosen = [] {
    const auto own = sha256_blocks_of_processor();
    return own != nullptr ? own : sha256_blocks_portable;
  }();
  return chosen;
}

}  // namespace detail

AISLE_API void sha256::update(const void* data, std::size_t size) noexcept {
  const auto* p = static_cast<const std::uint8_t*>(data);
  total_ += size;
  if (used_ > 0) {
    const std::size_t n = std::min(size, block_.size() - used_);
    std::copy(p, p + n, block_.begin() + static_cast<std::ptrdiff_t>(used_));
    used_ += n;
    p += n;
    size -= n;
    if (used_ < block_.size()) return;
    blocks_(state_.data(), block_.data(), 1);
    used_ = 0;
  }
  if (const std::size_t whole = size / 64; whole > 0) {
    blocks_(state_.data(), p, whole);
    p += whole * 64;
    size -= whole * 64;
  }
  std::copy(p, p + size, block_.begin());
  used_ = size;
}

AISLE_API sha256_digest sha256::digest() noexcept {
  const std::uint64_t bits = total_ * 8;
  // A one bit, zeros up to the last eight bytes of a block, and those for the length.
  std::uint8_t padding[72] = {0x80};
  const std::size_t zeros = (used_ < 56 ? 56 : 120) - used_;
  for (std::size_t i = 0; i < 8; ++i) padding[zeros + i] = static_cast<std::uint8_t>(bits >> (56 - 8 * i));
  update(padding, zeros + 8);
  sha256_digest out;
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = static_cast<std::uint8_t>(state_[i / 4] >> (24 - 8 * (i % 4)));
  return out;
}

AISLE_NAMESPACE_END
