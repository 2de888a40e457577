#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include <aisle/base/config.hpp>

// What a floating-point number is, told by its bits: with -ffast-math (-ffinite-math-only) a compiler takes
// std::isnan(v), v != v and v - v == 0 for constants, and whoever includes the headers chooses the flags.

AISLE_NAMESPACE_BEGIN

namespace detail {
template <class T>
using bits_of = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
template <class T>
inline constexpr bits_of<T> exponent_bits = sizeof(T) == 4 ? bits_of<T>{0x7F800000u}
                                                           : static_cast<bits_of<T>>(0x7FF0000000000000u);
/// Without its sign. By reference: some compilers may assume that an argument passed by value is finite.
template <class T>
constexpr bits_of<T> magnitude_bits(const T& v) noexcept {
  static_assert(std::is_same_v<T, float> || std::is_same_v<T, double>);
  return std::bit_cast<bits_of<T>>(v) & static_cast<bits_of<T>>(~bits_of<T>{0} >> 1);
}
}  // namespace detail

/// Neither NaN nor infinite, whatever the floating-point options of the compiler; T is float or double.
template <class T>
constexpr bool is_finite(const T& v) noexcept {
  return detail::magnitude_bits(v) < detail::exponent_bits<T>;
}
template <class T>
constexpr bool is_nan(const T& v) noexcept {
  return detail::magnitude_bits(v) > detail::exponent_bits<T>;
}
template <class T>
constexpr bool is_infinite(const T& v) noexcept {
  return detail::magnitude_bits(v) == detail::exponent_bits<T>;
}

/// True when all values are finite. One pass without branches.
template <class T>
constexpr bool all_finite(std::span<const T> values) noexcept {
  using bits = detail::bits_of<T>;
  // One more in the exponent reaches the sign where all its bits are set, and there alone. Weights go through
  // here when they are loaded: an addition and an or are a third of what comparisons take.
  constexpr bits exponent = detail::exponent_bits<T>, lowest = exponent & (~exponent + 1);
  bits carried = 0;
  for (const T& v : values) carried |= static_cast<bits>((std::bit_cast<bits>(v) & exponent) + lowest);
  return (carried >> (8 * sizeof(T) - 1)) == 0;
}
/// True when no value is NaN; infinities may be among them.
template <class T>
constexpr bool no_nan(std::span<const T> values) noexcept {
  using bits = detail::bits_of<T>;
  // What reaches the sign from magnitudes above infinity's alone.
  constexpr bits rest = static_cast<bits>((~bits{0} >> 1) - detail::exponent_bits<T>);
  bits carried = 0;
  for (const T& v : values) carried |= static_cast<bits>(detail::magnitude_bits(v) + rest);
  return (carried >> (8 * sizeof(T) - 1)) == 0;
}

AISLE_NAMESPACE_END
