#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include <aisle/tensor/dtype.hpp>

namespace {

std::uint32_t bits_of(float v) { return std::bit_cast<std::uint32_t>(v); }
std::uint16_t bf16(float v) { return aisle::to_bfloat16(v).bits; }

/// IEEE 754 binary16 by its definition.
double half_by_definition(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 31, mantissa = bits & 1023;
  const double magnitude =
      exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(1024 + mantissa, exponent - 25);
  return (bits & 0x8000) != 0 ? -magnitude : magnitude;
}

}  // namespace

TEST_CASE("every half converts to the float it stands for") {
  int wrong = 0;
  for (std::uint32_t bits = 0; bits < 65536; ++bits) {
    const float got = aisle::to_float(aisle::float16{static_cast<std::uint16_t>(bits)});
    const bool sign = (bits & 0x8000) != 0;
    if ((bits & 0x7C00) != 0x7C00) {
      const float expected = static_cast<float>(half_by_definition(static_cast<std::uint16_t>(bits)));
      wrong += bits_of(got) != bits_of(expected);  // bits: -0 is not 0
    } else if ((bits & 0x3FF) == 0) {
      wrong += got != (sign ? -1.f : 1.f) * std::numeric_limits<float>::infinity();
    } else {
      wrong += !std::isnan(got);
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("a bfloat16 is the upper half of a float, and comes back unchanged") {
  int wrong = 0;
  for (std::uint32_t bits = 0; bits < 65536; ++bits) {
    const float wide = aisle::to_float(aisle::bfloat16{static_cast<std::uint16_t>(bits)});
    if (std::isnan(wide)) {
      wrong += !std::isnan(aisle::to_float(aisle::to_bfloat16(wide)));
    } else {
      wrong += bits_of(wide) != bits << 16 || bf16(wide) != bits;
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("floats round to the nearest bfloat16, ties to even") {
  const auto from = [](std::uint32_t bits) { return bf16(std::bit_cast<float>(bits)); };
  CHECK(from(0x3F800000) == 0x3F80);
  CHECK(from(0x3F807FFF) == 0x3F80);  // just below the middle
  CHECK(from(0x3F808000) == 0x3F80);  // the middle: down to even
  CHECK(from(0x3F808001) == 0x3F81);
  CHECK(from(0x3F818000) == 0x3F82);  // the middle: up to even
  CHECK(from(0xBF818000) == 0xBF82);
  CHECK(from(0x3FFFFFFF) == 0x4000);  // carries into the exponent
  CHECK(from(0x00000001) == 0x0000);
  CHECK(from(0x80008001) == 0x8001);  // subnormals too
  CHECK(from(0x7F7FFFFF) == 0x7F80);  // the largest float rounds to infinity
  CHECK(from(0x7F800000) == 0x7F80);
  CHECK(from(0xFF800000) == 0xFF80);
  // NaN stays NaN although its set bits may all be in the lower half.
  for (const std::uint32_t nan : {0x7F800001u, 0x7FC00000u, 0x7FFFFFFFu, 0xFF800001u, 0xFFFFFFFFu}) {
    const float back = aisle::to_float(aisle::to_bfloat16(std::bit_cast<float>(nan)));
    CHECK(std::isnan(back));
    CHECK(std::signbit(back) == (nan >> 31 != 0));
  }
}

TEST_CASE("sizes and names") {
  using enum aisle::dtype;
  CHECK(aisle::size_of(f64) == sizeof(double));
  CHECK(aisle::size_of(f32) == sizeof(float));
  CHECK(aisle::size_of(bf16) == 2);
  CHECK(aisle::size_of(i64) == 8);
  CHECK(aisle::size_of(boolean) == 1);
  CHECK(aisle::name_of(f32) == "f32");
  CHECK(aisle::name_of(bf16) == "bf16");
  CHECK(aisle::name_of(boolean) == "bool");
  static_assert(aisle::dtype_of<aisle::float16> == f16);
  static_assert(aisle::dtype_of<std::int64_t> == i64);
}
