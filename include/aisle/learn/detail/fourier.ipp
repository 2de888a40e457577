#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>
#include <utility>

#include <aisle/base/error.hpp>
#include <aisle/learn/detail/fourier.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

AISLE_API fourier_transform::fourier_transform(std::int64_t length) : length_(length) {
  std::int64_t rest = length, stride = 1;
  for (const std::int64_t radix : {4, 2, 3, 5})
    while (rest > 0 && rest % radix == 0 && rest > 1) {
      rest /= radix;
      stages_.push_back({radix, rest, stride, twiddles_.size()});
      for (std::int64_t p = 0; p < rest; ++p)
        for (std::int64_t k = 0; k < radix; ++k) {
          const double angle =
              -2 * std::numbers::pi * static_cast<double>(p * k) / static_cast<double>(rest * radix);
          twiddles_.push_back(std::cos(angle));
          twiddles_.push_back(std::sin(angle));
        }
      stride *= radix;
    }
  if (rest != 1)
    throw option_error("a Fourier transform of length " + std::to_string(length) +
                       ", expected a product of 2, 3 and 5");
}

AISLE_API std::int64_t fourier_transform::length_from(std::int64_t least) noexcept {
  for (std::int64_t length = std::max<std::int64_t>(least, 1);; ++length) {
    std::int64_t rest = length;
    for (const std::int64_t prime : {2, 3, 5})
      while (rest % prime == 0) rest /= prime;
    if (rest == 1) return length;
  }
}

/// Eight complex numbers, one of each sequence.
struct fourier_lanes {
  double re[fourier_transform::together], im[fourier_transform::together];
};
inline fourier_lanes operator+(const fourier_lanes& a, const fourier_lanes& b) noexcept {
  fourier_lanes out;
  for (int l = 0; l < fourier_transform::together; ++l) out.re[l] = a.re[l] + b.re[l];
  for (int l = 0; l < fourier_transform::together; ++l) out.im[l] = a.im[l] + b.im[l];
  return out;
}
inline fourier_lanes operator-(const fourier_lanes& a, const fourier_lanes& b) noexcept {
  fourier_lanes out;
  for (int l = 0; l < fourier_transform::together; ++l) out.re[l] = a.re[l] - b.re[l];
  for (int l = 0; l < fourier_transform::together; ++l) out.im[l] = a.im[l] - b.im[l];
  return out;
}
/// a + scale * b, and a - i b.
inline fourier_lanes plus_times(const fourier_lanes& a, double scale, const fourier_lanes& b) noexcept {
  fourier_lanes out;
  for (int l = 0; l < fourier_transform::together; ++l) out.re[l] = a.re[l] + scale * b.re[l];
  for (int l = 0; l < fourier_transform::together; ++l) out.im[l] = a.im[l] + scale * b.im[l];
  return out;
}
inline fourier_lanes minus_i(const fourier_lanes& a, const fourier_lanes& b) noexcept {
  fourier_lanes out;
  for (int l = 0; l < fourier_transform::together; ++l) out.re[l] = a.re[l] + b.im[l];
  for (int l = 0; l < fourier_transform::together; ++l) out.im[l] = a.im[l] - b.re[l];
  return out;
}

/// The transform of Radix numbers.
template <int Radix>
void short_transform(fourier_lanes* x) noexcept {
  if constexpr (Radix == 2) {
    const fourier_lanes a = x[0] + x[1];
    x[1] = x[0] - x[1];
    x[0] = a;
  } else if constexpr (Radix == 4) {
    const fourier_lanes a = x[0] + x[2], b = x[0] - x[2], c = x[1] + x[3], d = x[1] - x[3];
    x[0] = a + c;
    x[2] = a - c;
    x[1] = minus_i(b, d);
    x[3] = b + (b - x[1]);  // b + i d
  } else {
    // What is conjugate shares its products: sums and differences of x[j] and x[Radix - j].
    constexpr int half = Radix / 2;
    constexpr double cosines[] = {1, Radix == 3 ? -0.5 : 0.30901699437494745, -0.8090169943749475};
    constexpr double sines[] = {0, Radix == 3 ? 0.8660254037844386 : 0.9510565162951535, 0.5877852522924731};
    const fourier_lanes first = x[0];
    fourier_lanes sums[half], differences[half], out[Radix];
    for (int j = 1; j <= half; ++j) {
      sums[j - 1] = x[j] + x[Radix - j];
      differences[j - 1] = x[j] - x[Radix - j];
      x[0] = x[0] + sums[j - 1];
    }
    for (int k = 1; k <= half; ++k) {
      fourier_lanes even = first, odd{};
      for (int j = 1; j <= half; ++j) {
        const int turn = j * k % Radix, near_turn = turn <= half ? turn : Radix - turn;
        even = plus_times(even, cosines[near_turn], sums[j - 1]);
        odd = plus_times(odd, turn <= half ? sines[near_turn] : -sines[near_turn], differences[j - 1]);
      }
      out[k] = minus_i(even, odd);
      out[Radix - k] = even + (even - out[k]);
    }
    for (int k = 1; k < Radix; ++k) x[k] = out[k];
  }
}

template <int Radix>
void fourier_transform::run_stage(const stage& s, const double* re, const double* im, double* to_re,
                                  double* to_im) const noexcept {
  for (std::int64_t p = 0; p < s.rest; ++p) {
    const double* turn = twiddles_.data() + s.twiddles + static_cast<std::size_t>(2 * Radix * p);
    for (std::int64_t q = 0; q < s.stride; ++q) {
      fourier_lanes x[Radix];
      for (int k = 0; k < Radix; ++k) {
        const std::int64_t from = (q + s.stride * (p + s.rest * k)) * together;
        std::copy_n(re + from, together, x[k].re);
        std::copy_n(im + from, together, x[k].im);
      }
      short_transform<Radix>(x);
      for (int k = 0; k < Radix; ++k) {
        const std::int64_t to = (q + s.stride * (Radix * p + k)) * together;
        const double c = turn[2 * k], d = turn[2 * k + 1];
        for (int l = 0; l < together; ++l) to_re[to + l] = x[k].re[l] * c - x[k].im[l] * d;
        for (int l = 0; l < together; ++l) to_im[to + l] = x[k].re[l] * d + x[k].im[l] * c;
      }
    }
  }
}

AISLE_API void fourier_transform::run(double* re, double* im, double* work) const noexcept {
  double *from_re = re, *from_im = im, *to_re = work, *to_im = work + elements();
  for (const stage& s : stages_) {
    switch (s.radix) {
      case 2:
        run_stage<2>(s, from_re, from_im, to_re, to_im);
        break;
      case 3:
        run_stage<3>(s, from_re, from_im, to_re, to_im);
        break;
      case 4:
        run_stage<4>(s, from_re, from_im, to_re, to_im);
        break;
      default:
        run_stage<5>(s, from_re, from_im, to_re, to_im);
    }
    std::swap(from_re, to_re);
    std::swap(from_im, to_im);
  }
  if (from_re == re) return;
  std::copy_n(from_re, elements(), re);
  std::copy_n(from_im, elements(), im);
}

}  // namespace detail

AISLE_NAMESPACE_END
