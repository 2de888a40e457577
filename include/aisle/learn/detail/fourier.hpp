#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <aisle/base/config.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// Discrete Fourier transforms of eight sequences at a time, of a length whose prime factors are 2, 3 and 5
/// (Stockham's order: no reversal of digits).
class fourier_transform {
 public:
  static constexpr std::int64_t together = 8;

  fourier_transform() = default;
  /// Throws option_error for another prime factor.
  explicit fourier_transform(std::int64_t length);

  std::int64_t length() const noexcept { return length_; }
  std::size_t elements() const noexcept { return static_cast<std::size_t>(length_ * together); }
  /// In place; element k of sequence s is at k * together + s of `re` and `im`, `work` has room for both.
  /// Forward, without a factor; with `re` and `im` in each other's places it is the inverse times the length.
  void run(double* re, double* im, double* work) const noexcept;

  /// The smallest such length that is not below `least`.
  static std::int64_t length_from(std::int64_t least) noexcept;

 private:
  struct stage {
    std::int64_t radix, rest, stride;  ///< of length radix * rest, `stride` of them interleaved
    std::size_t twiddles;              ///< where its factors begin: rest * radix pairs
  };
  template <int Radix>
  void run_stage(const stage& s, const double* re, const double* im, double* to_re,
                 double* to_im) const noexcept;
  std::int64_t length_ = 0;
  std::vector<stage> stages_;
  std::vector<double> twiddles_;
};

}  // namespace detail

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/learn/detail/fourier.ipp>
#endif
