#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

#include <aisle/base/error.hpp>
#include <aisle/tensor/buffer.hpp>

AISLE_NAMESPACE_BEGIN

/// Dimensions of a tensor, outermost first, row-major; at most 8. A scalar has none. Throws shape_error for a
/// negative dimension and for more than 2^63 - 1 elements.
class shape {
 public:
  static constexpr std::size_t max_rank = 8;

  constexpr shape() = default;
  constexpr shape(std::initializer_list<std::int64_t> dims) : shape(std::span(dims.begin(), dims.size())) {}
  constexpr explicit shape(std::span<const std::int64_t> dims) {
    if (dims.size() > max_rank)
      throw shape_error("a tensor of " + std::to_string(dims.size()) + " dimensions, expected at most 8");
    for (const std::int64_t d : dims) dims_[rank_++] = d;
    count();
  }

  constexpr std::size_t rank() const noexcept { return rank_; }
  constexpr std::int64_t operator[](std::size_t i) const noexcept { return dims_[i]; }
  constexpr std::span<const std::int64_t> dims() const& noexcept { return {dims_.data(), rank_}; }
  std::span<const std::int64_t> dims() const&& = delete;  // they would die with the temporary
  /// Number of elements; 1 for a scalar.
  constexpr std::int64_t elements() const noexcept { return elements_; }
  friend constexpr bool operator==(const shape& a, const shape& b) noexcept {
    if (a.rank_ != b.rank_) return false;
    for (std::size_t i = 0; i < a.rank_; ++i)
      if (a.dims_[i] != b.dims_[i]) return false;
    return true;
  }

 private:
  /// Sets elements_. A dimension of 0 makes any others harmless.
  constexpr void count() {
    bool none = false;
    elements_ = 1;
    for (std::size_t i = 0; i < rank_; ++i) {
      if (dims_[i] < 0) throw shape_error("a tensor of " + text() + ", expected no negative dimension");
      none = none || dims_[i] == 0;
    }
    for (std::size_t i = 0; i < rank_ && !none; ++i)
      if ((elements_ = detail::checked_product(elements_, dims_[i])) < 0)
        throw shape_error("a tensor of " + text() + " has more than 2^63 - 1 elements");
    if (none) elements_ = 0;
  }
  std::string text() const {
    std::string out = "[";
    for (std::size_t i = 0; i < rank_; ++i) out += (i ? ", " : "") + std::to_string(dims_[i]);
    return out + "]";
  }
  friend std::string to_string(const shape& s);

  std::array<std::int64_t, max_rank> dims_{};
  std::size_t rank_ = 0;
  std::int64_t elements_ = 1;
};

/// "[64, 3, 7, 7]"
inline std::string to_string(const shape& s) { return s.text(); }

AISLE_NAMESPACE_END
