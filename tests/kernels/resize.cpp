#include <aisle/kernels/resize.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <aisle/base/random.hpp>
#include <aisle/kernels/table.hpp>
#include <aisle/tensor/buffer.hpp>

#include "support/tables.hpp"

namespace {

using aisle::kernels::kernel_table;
using aisle::kernels::resize_kernels;
using aisle::kernels::resize_pass;

/// A pass along an axis of `samples`, with weights of both signs up to `largest`.
struct made_pass {
  made_pass(std::int64_t count, std::int64_t taps, std::int64_t samples, std::int64_t before,
            std::int32_t largest, aisle::random_generator& random) {
    for (std::int64_t i = 0; i < count; ++i) {
      const auto n =
          1 + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(std::min(taps, samples))));
      const auto first = count == 1 ? 0 : i * (samples - n) / (count - 1);
      firsts.push_back(static_cast<std::int32_t>(before + first));
      lengths.push_back(static_cast<std::int32_t>(n));
      for (std::int64_t t = 0; t < taps; ++t) {
        const auto c = static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(largest))) /
                       static_cast<std::int32_t>(n);
        coefficients.push_back(t >= n                 ? 0x7FFFFFFF
                               : random.below(3) == 0 ? -c
                                                      : c);  // what is behind n is not read
      }
      coefficients[static_cast<std::size_t>(i * taps)] =
          (i % 2 ? -largest : largest) / static_cast<std::int32_t>(n);
    }
    pass.coefficients = coefficients.data();
    pass.firsts = firsts.data();
    pass.lengths = lengths.data();
    pass.taps = taps;
    pass.count = count;
    pass.begin = before;
    pass.end = before + samples;
    scratch.resize(static_cast<std::size_t>(pass.scratch_bytes()));
    pass.scratch = scratch.data();
  }

  /// Output i from samples `step` bytes apart.
  std::uint8_t expected(std::int64_t i, const std::uint8_t* samples, std::ptrdiff_t step) const {
    std::int64_t sum = 1 << 21;
    for (std::int64_t t = 0; t < lengths[static_cast<std::size_t>(i)]; ++t)
      sum += std::int64_t{coefficients[static_cast<std::size_t>(i * pass.taps + t)]} *
             samples[(firsts[static_cast<std::size_t>(i)] + t) * step];
    return static_cast<std::uint8_t>(std::clamp<std::int64_t>(sum >> 22, 0, 255));
  }

  std::vector<std::int32_t> coefficients, firsts, lengths;
  aisle::buffer<std::uint8_t> scratch;
  resize_pass pass;
};

void check_pass(const resize_kernels& kernels, std::int64_t count, std::int64_t taps, std::int64_t samples,
                std::int64_t lines, std::int32_t largest, int brightest) {
  CAPTURE(count);
  CAPTURE(taps);
  CAPTURE(samples);
  CAPTURE(lines);
  CAPTURE(largest);
  aisle::random_generator random(static_cast<std::uint64_t>(count * 1000 + taps));
  const std::int64_t before = samples % 5;
  made_pass made(count, taps, samples, before, largest, random);
  const auto filled = [&](std::int64_t bytes) {
    std::vector<std::uint8_t> out(static_cast<std::size_t>(bytes));
    for (auto& v : out)
      v = static_cast<std::uint8_t>(random.below(static_cast<std::uint64_t>(brightest) + 1));
    return out;
  };
  std::int64_t wrong = 0;
  {  // rows of exactly the samples: what reads past the last one is found under a sanitizer
    const auto source = filled(lines * (before + samples) * 3);
    std::vector<std::uint8_t> target(static_cast<std::size_t>(lines * count * 3));
    made.pass.source = source.data();
    made.pass.source_stride = (before + samples) * 3;
    made.pass.target = target.data();
    made.pass.target_stride = count * 3;
    made.pass.line_count = lines;
    kernels.horizontal(made.pass);
    for (std::int64_t y = 0; y < lines; ++y)
      for (std::int64_t i = 0; i < count * 3; ++i)
        wrong += target[static_cast<std::size_t>(y * count * 3 + i)] !=
                 made.expected(i / 3, source.data() + y * made.pass.source_stride + i % 3, 3);
    CHECK(wrong == 0);
  }
  {
    const std::int64_t bytes = lines * 3;
    const auto source = filled((before + samples) * bytes);
    std::vector<std::uint8_t> target(static_cast<std::size_t>(count * bytes));
    made.pass.source = source.data();
    made.pass.source_stride = bytes;
    made.pass.target = target.data();
    made.pass.target_stride = bytes;
    made.pass.line_count = bytes;
    kernels.vertical(made.pass);
    for (std::int64_t y = 0; y < count; ++y)
      for (std::int64_t i = 0; i < bytes; ++i)
        wrong +=
            target[static_cast<std::size_t>(y * bytes + i)] != made.expected(y, source.data() + i, bytes);
    CHECK(wrong == 0);
  }
}

}  // namespace

TEST_CASE("resize: both passes give the exact sums, whatever their instructions cut them into") {
  support::each_table([](const kernel_table& table) {
    for (const resize_kernels* kernels : {&resize_kernels_of(table), &plain_resize_kernels_of(table)}) {
      CAPTURE((kernels == &plain_resize_kernels_of(table)));
      for (const std::int64_t lines : {1, 15, 16, 17, 33, 50})
        for (const std::int64_t taps : {1, 2, 3, 4, 5, 7, 18, 41})
          for (const std::int64_t samples : {1, 2, 3, 5, 6, 8, 40, 131})
            check_pass(*kernels, 1 + samples % 7, taps, samples, lines, 1 << 22, 255);
      // Larger than any filter's: three digits of 8 bits do not hold them.
      check_pass(*kernels, 9, 3, 20, 20, (1 << 23) + 4321, 120);
    }
  });
}
