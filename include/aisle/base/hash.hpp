#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <aisle/base/config.hpp>

AISLE_NAMESPACE_BEGIN

/// FNV-1a, 64 bit.
class fnv1a64 {
 public:
  constexpr void byte(std::uint8_t b) noexcept { value_ = (value_ ^ b) * 0x100000001B3ull; }
  constexpr void bytes(std::string_view s) noexcept {
    for (const char c : s) byte(static_cast<std::uint8_t>(c));
  }
  constexpr std::uint64_t value() const noexcept { return value_; }
  static constexpr std::uint64_t of(std::string_view s) noexcept {
    fnv1a64 h;
    h.bytes(s);
    return h.value();
  }

 private:
  std::uint64_t value_ = 0xCBF29CE484222325ull;
};

/// 16 lower-case hexadecimal digits.
inline std::string to_hex(std::uint64_t value) {
  std::string s(16, '0');
  for (int i = 15; i >= 0; --i, value >>= 4) s[static_cast<std::size_t>(i)] = "0123456789abcdef"[value & 15];
  return s;
}

/// The 32 bytes of a SHA-256 sum.
using sha256_digest = std::array<std::uint8_t, 32>;

/// 64 lower-case hexadecimal digits.
std::string to_hex(const sha256_digest& digest);
/// What to_hex wrote; nothing for any other text.
std::optional<sha256_digest> digest_from_hex(std::string_view text);

namespace detail {

/// Takes whole blocks of 64 bytes into the state.
using sha256_blocks_function = void (*)(std::uint32_t* state, const std::uint8_t* data,
                                        std::size_t blocks) noexcept;
void sha256_blocks_portable(std::uint32_t* state, const std::uint8_t* data, std::size_t blocks) noexcept;
/// The one that uses the processor's own instructions for it, some eight times faster; null where it has
/// none.
sha256_blocks_function sha256_blocks_of_processor() noexcept;
sha256_blocks_function fastest_sha256_blocks() noexcept;

}  // namespace detail

/// SHA-256 (FIPS 180-4), fed in pieces: checksums of fetched files and of what a manifest vouches for.
class sha256 {
 public:
  sha256() : sha256(detail::fastest_sha256_blocks()) {}
  explicit sha256(detail::sha256_blocks_function blocks) : blocks_(blocks) {}

  void update(const void* data, std::size_t size) noexcept;
  void update(std::string_view s) noexcept { update(s.data(), s.size()); }

  /// The sum. The object must not be fed afterwards.
  sha256_digest digest() noexcept;
  std::string hex() { return to_hex(digest()); }

  static sha256_digest of(std::string_view s) noexcept {
    sha256 hash;
    hash.update(s);
    return hash.digest();
  }

 private:
  detail::sha256_blocks_function blocks_;
  std::array<std::uint32_t, 8> state_ = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<std::uint8_t, 64> block_{};
  std::size_t used_ = 0;
  std::uint64_t total_ = 0;
};

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/base/hash.ipp>
#endif
