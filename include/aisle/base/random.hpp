#pragma once

#include <cmath>
#include <cstdint>
#include <cstddef>
#include <numbers>
#include <utility>

#include <aisle/base/config.hpp>

// The same numbers on every platform, compiler and thread count (std::*_distribution promises none of that),
// but for normal(): it takes log and cos from the C library, whose last bits differ between implementations.

AISLE_NAMESPACE_BEGIN

/// splitmix64 (Steele, Lea, Flood 2014): one 64-bit state; used to seed and to derive independent streams.
constexpr std::uint64_t splitmix64(std::uint64_t& state) noexcept {
  state += 0x9E3779B97F4A7C15ull;
  std::uint64_t z = state;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

/// A seed for stream `index` of `seed`: trees, folds and epochs each get their own, whatever order they run
/// in.
constexpr std::uint64_t stream_seed(std::uint64_t seed, std::uint64_t index) noexcept {
  std::uint64_t s = seed ^ (0xD1B54A32D192ED03ull * (index + 1));
  splitmix64(s);
  return splitmix64(s);
}

/// xoshiro256** (Blackman, Vigna 2018).
class random_generator {
 public:
  using result_type = std::uint64_t;

  explicit constexpr random_generator(std::uint64_t seed = 0) noexcept {
    for (auto& word : state_) word = splitmix64(seed);
  }

  static constexpr std::uint64_t min() noexcept { return 0; }
  static constexpr std::uint64_t max() noexcept { return ~std::uint64_t{0}; }

  constexpr std::uint64_t operator()() noexcept {
    const std::uint64_t result = rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = rotl(state_[3], 45);
    return result;
  }

  /// Uniform in [0, n), n > 0, without bias (Lemire 2019).
  constexpr std::uint64_t below(std::uint64_t n) noexcept {
    std::uint64_t high = 0, low = multiply((*this)(), n, high);
    if (low < n) {
      const std::uint64_t threshold = (0 - n) % n;
      while (low < threshold) low = multiply((*this)(), n, high);
    }
    return high;
  }

  /// Uniform in [0, 1) with 53 random bits.
  constexpr double uniform() noexcept { return static_cast<double>((*this)() >> 11) * 0x1p-53; }
  constexpr double uniform(double low, double high) noexcept { return low + (high - low) * uniform(); }

  /// Standard normal (Box-Muller, the cosine branch). Its last bits are the C library's.
  double normal() noexcept {
    const double u = 1.0 - uniform();
    return std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * std::numbers::pi * uniform());
  }

  /// Fisher-Yates over any random-access range.
  template <class Range>
  constexpr void shuffle(Range& items) noexcept {
    for (std::size_t i = items.size(); i > 1; --i) {
      using std::swap;
      swap(items[i - 1], items[static_cast<std::size_t>(below(i))]);
    }
  }

 private:
  static constexpr std::uint64_t rotl(std::uint64_t x, int k) noexcept { return (x << k) | (x >> (64 - k)); }
  // 64 x 64 -> 128 bit product in portable C++: __int128 is not ISO C++.
  static constexpr std::uint64_t multiply(std::uint64_t a, std::uint64_t b, std::uint64_t& high) noexcept {
    const std::uint64_t a0 = a & 0xFFFFFFFFu, a1 = a >> 32, b0 = b & 0xFFFFFFFFu, b1 = b >> 32;
    const std::uint64_t p00 = a0 * b0, p01 = a0 * b1, p10 = a1 * b0, p11 = a1 * b1;
    const std::uint64_t mid = (p00 >> 32) + (p01 & 0xFFFFFFFFu) + (p10 & 0xFFFFFFFFu);
    high = p11 + (p01 >> 32) + (p10 >> 32) + (mid >> 32);
    return (mid << 32) | (p00 & 0xFFFFFFFFu);
  }

  std::uint64_t state_[4] = {};
};

AISLE_NAMESPACE_END
