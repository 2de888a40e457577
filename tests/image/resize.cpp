#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include <aisle/base/ranges.hpp>
#include <aisle/image/resize.hpp>
#include <aisle/kernels/table.hpp>

#include "image_data.hpp"
#include "support/tables.hpp"

using aisle::image;
using aisle::resize_filter;

namespace {

constexpr resize_filter filters[] = {resize_filter::nearest, resize_filter::box,     resize_filter::bilinear,
                                     resize_filter::hamming, resize_filter::bicubic, resize_filter::lanczos};

/// Outputs [0, out) of one row or column of `in` samples with the given stride, one tap after the other:
/// bilinear by its formula, in the fixed point arithmetic of Pillow's Resample.c.
void naive_bilinear(const std::uint8_t* from, std::ptrdiff_t stride, int in, int out, std::uint8_t* to,
                    std::ptrdiff_t to_stride) {
  const double scale = static_cast<double>(in) / out, wide = std::max(scale, 1.0);
  for (int x = 0; x < out; ++x) {
    const double centre = (x + 0.5) * scale;
    const int first = std::max(static_cast<int>(centre - wide + 0.5), 0);
    const int last = std::min(static_cast<int>(centre + wide + 0.5), in);
    std::vector<double> w;
    double total = 0;
    for (int i = first; i < last; ++i) {
      w.push_back(std::max(0.0, 1 - std::abs((i - centre + 0.5) * (1.0 / wide))));
      total += w.back();
    }
    int sum = 1 << 21;
    for (int i = first; i < last; ++i)
      sum += from[i * stride] *
             static_cast<int>(w[static_cast<std::size_t>(i - first)] / total * (1 << 22) + 0.5);
    to[x * to_stride] = static_cast<std::uint8_t>(std::clamp(sum >> 22, 0, 255));
  }
}

image naive_bilinear(const image& from, int width, int height) {
  const bool tall = from.height() > height && from.height() - height > 2 * (from.width() - width);
  const auto across = [](const image& a, int w) {
    image b(w, a.height());
    for (int y = 0; y < a.height(); ++y)
      for (int c = 0; c < 3; ++c)
        naive_bilinear(a.row(y).data() + c, 3, a.width(), w, b.row(y).data() + c, 3);
    return b;
  };
  const auto down = [](const image& a, int h) {
    image b(a.width(), h);
    for (int i = 0; i < 3 * a.width(); ++i)
      naive_bilinear(a.rgb().data() + i, 3 * a.width(), a.height(), h, b.rgb().data() + i, 3 * a.width());
    return b;
  };
  return tall ? across(down(from, height), width) : down(across(from, width), height);
}

image cut(const image& from, int left, int top, int width, int height) {
  image out(width, height);
  for (int y = 0; y < height; ++y)
    std::copy_n(from.row(top + y).data() + 3 * left, 3 * width, out.row(y).data());
  return out;
}

}  // namespace

TEST_CASE("six filters, byte for byte as Pillow 13, on every instruction set") {
  support::each_table([](const aisle::kernels::kernel_table& table) {
    int count = 0;
    for (const auto& row : image_data::rows("expected.jsonl")) {
      const auto name = row.get<std::string>("file");
      const image i = row.get<bool>("exact") ? aisle::read_image(image_data::file(name))
                                             : aisle::read_image(support::data("image/ref/" + name + ".png"));
      constexpr const char* names[] = {"nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"};
      for (const resize_filter f : filters) {
        const char* filter = names[static_cast<int>(f)];
        CAPTURE(name);
        CAPTURE(filter);
        CHECK(image_data::hash_of(aisle::resize(i, 224, 224, f, {}, &table)) ==
              row["resize224"][filter].get<std::string>("fnv"));
        ++count;
      }
    }
    CHECK(count > 300);
  });
}

TEST_CASE("sizes around the width of a group, on every instruction set") {
  support::each_table([](const aisle::kernels::kernel_table& table) {
    aisle::random_generator random(3);
    for (int k = 0; k < 120; ++k) {
      const auto side = [&] { return 1 + static_cast<int>(random.below(k < 60 ? 40 : 90)); };
      const image from = image_data::noise(side(), side(), static_cast<std::uint64_t>(k));
      const int width = side(), height = side();
      CAPTURE(from.width());
      CAPTURE(from.height());
      CAPTURE(width);
      CAPTURE(height);
      CHECK(image_data::hash_of(aisle::resize(from, width, height, resize_filter::bilinear, {}, &table)) ==
            image_data::hash_of(naive_bilinear(from, width, height)));
    }
  });
}

TEST_CASE("a crop is the crop of the whole result") {
  aisle::random_generator random(5);
  for (int k = 0; k < 60; ++k) {
    const auto side = [&] { return 1 + static_cast<int>(random.below(70)); };
    const image from = image_data::noise(side(), side(), static_cast<std::uint64_t>(k));
    const int width = side(), height = side();
    const int w = 1 + static_cast<int>(random.below(static_cast<std::uint64_t>(width)));
    const int h = 1 + static_cast<int>(random.below(static_cast<std::uint64_t>(height)));
    const int left = static_cast<int>(random.below(static_cast<std::uint64_t>(width - w + 1)));
    const int top = static_cast<int>(random.below(static_cast<std::uint64_t>(height - h + 1)));
    const resize_filter f = filters[k % 6];
    CHECK(image_data::hash_of(aisle::resize(from, width, height, f, {left, top, w, h})) ==
          image_data::hash_of(cut(aisle::resize(from, width, height, f), left, top, w, h)));
  }
}

TEST_CASE("only the crop's share of a huge result is computed") {
  // 1 x 500 to 2,000,000 x 1,000,000,000: the whole would be 6e15 bytes.
  const image thin = image_data::noise(1, 500, 1);
  for (const resize_filter f : {resize_filter::bilinear, resize_filter::lanczos}) {
    const image i = aisle::resize(thin, 2'000'000, 1'000'000'000, f, {999'888, 499'999'888, 224, 224});
    CHECK(i.width() == 224);
    for (int x = 1; x < 224; ++x) CHECK(i.row(100)[static_cast<std::size_t>(3 * x)] == i.row(100)[0]);
  }
}

TEST_CASE("the same size is a copy, one changed side is one pass") {
  const image from = image_data::noise(31, 17, 9);
  for (const resize_filter f : filters) {
    CHECK(image_data::hash_of(aisle::resize(from, 31, 17, f)) == image_data::hash_of(from));
    const image wide = aisle::resize(from, 62, 17, f);
    CHECK(wide.height() == 17);
    // a horizontal pass cannot mix rows
    image black = from;
    std::fill_n(black.row(3).data(), 31 * 3, std::uint8_t{0});
    const image other = aisle::resize(black, 62, 17, f);
    for (int y = 0; y < 17; ++y) CHECK(aisle::ranges::equal(wide.row(y), other.row(y)) == (y != 3));
  }
}

TEST_CASE("a plane stays a plane, and overshoot is clipped") {
  for (const resize_filter f : filters) {
    image flat(100, 60);
    std::fill(flat.rgb().begin(), flat.rgb().end(), std::uint8_t{255});
    const image i = aisle::resize(flat, 37, 91, f);
    CHECK(std::all_of(i.rgb().begin(), i.rgb().end(), [](int v) { return v == 255; }));
  }
  image step(8, 1);
  for (int x = 0; x < 8; ++x)
    std::fill_n(step.row(0).data() + 3 * x, 3, x < 4 ? std::uint8_t{0} : std::uint8_t{255});
  const image i = aisle::resize(step, 32, 1, resize_filter::lanczos);
  CHECK(*std::min_element(i.rgb().begin(), i.rgb().end()) == 0);
  CHECK(*std::max_element(i.rgb().begin(), i.rgb().end()) == 255);
}

TEST_CASE("sizes that make no sense are refused") {
  const image from = image_data::noise(5, 5, 1);
  CHECK_THROWS_AS(aisle::resize(image(), 5, 5, resize_filter::box), aisle::shape_error);
  CHECK_THROWS_AS(aisle::resize(from, 0, 5, resize_filter::box), aisle::shape_error);
  CHECK_THROWS_AS(aisle::resize(from, 5, -1, resize_filter::box), aisle::shape_error);
  CHECK_THROWS_AS(aisle::resize(from, 5, std::int64_t{1} << 40, resize_filter::box), aisle::shape_error);
  CHECK_THROWS_WITH_AS(aisle::resize(from, 10, 10, resize_filter::box, {5, 0, 6, 10}),
                       "a crop of 6 x 10 pixels at 5 x 0 does not lie in 10 x 10", aisle::shape_error);
  CHECK_THROWS_AS(aisle::resize(from, 10, 10, resize_filter::box, {-1, 0, 6, 10}), aisle::shape_error);
}
