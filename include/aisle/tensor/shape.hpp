#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

#include <aisle/base/error.hpp>

AISLE_NAMESPACE_BEGIN

/// Dimensions of a tensor, outermost first, row-major; at most 8. A scalar has none.
class shape {
 public:
  static constexpr std::size_t max_rank = 8;

  constexpr shape() = default;
  constexpr shape(std::initializer_list<std::int64_t> dims) : shape(std::span(dims.begin(), dims.size())) {}
  constexpr explicit shape(std::span<const std::int64_t> dims) {
    if (dims.size() > max_rank)
      throw shape_error("a tensor of " + std::to_string(dims.size()) + " dimensions, expected at most 8");
    for (const std::int64_t d : dims) dims_[rank_++] = d;
  }

  constexpr std::size_t rank() const noexcept { return rank_; }
  constexpr std::int64_t operator[](std::size_t i) const noexcept { return dims_[i]; }
  constexpr std::span<const std::int64_t> dims() const noexcept { return {dims_.data(), rank_}; }
  /// Number of elements; 1 for a scalar. Sizes read from files are checked before a shape is made of them.
  constexpr std::int64_t elements() const noexcept {
    std::int64_t n = 1;
    for (std::size_t i = 0; i < rank_; ++i) n *= dims_[i];
    return n;
  }
  friend constexpr bool operator==(const shape& a, const shape& b) noexcept {
    if (a.rank_ != b.rank_) return false;
    for (std::size_t i = 0; i < a.rank_; ++i)
      if (a.dims_[i] != b.dims_[i]) return false;
    return true;
  }

 private:
  std::array<std::int64_t, max_rank> dims_{};
  std::size_t rank_ = 0;
};

/// "[64, 3, 7, 7]"
inline std::string to_string(const shape& s) {
  std::string out = "[";
  for (std::size_t i = 0; i < s.rank(); ++i) out += (i ? ", " : "") + std::to_string(s[i]);
  return out + "]";
}

AISLE_NAMESPACE_END
