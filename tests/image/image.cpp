#include <limits>

#include <doctest/doctest.h>

#include <aisle/base/ranges.hpp>
#include <aisle/image/encode.hpp>
#include <aisle/image/preprocess.hpp>
#include <aisle/image/resize.hpp>

#include "image_data.hpp"

using aisle::image;
using aisle::image_view;

TEST_CASE("a picture always has its pixels: copied, moved, of no size") {
  image a = image_data::noise(5, 4, 1);
  const image copy = a;
  CHECK(copy == a);
  CHECK(copy.rgb().size() == 60);
  CHECK(copy.row(3).size() == 15);
  image taken = std::move(a);
  CHECK(taken == copy);
  CHECK(a.empty());  // NOLINT: what was moved from is empty, not 5 x 4 pixels without bytes
  CHECK(a.width() == 0);
  CHECK(a.rgb().empty());
  a = std::move(taken);
  CHECK(a == copy);
  CHECK(taken.empty());  // NOLINT
  for (const auto& [w, h] : {std::pair{0, 7}, {7, 0}, {0, 0}}) {
    CHECK(image(w, h).empty());
    CHECK(image(image_view(image(w, h))).empty());
    CHECK_THROWS_AS(aisle::encode_png(image(w, h)), aisle::shape_error);
    CHECK_THROWS_AS(aisle::crop_for(image(w, h), aisle::all_presets().front()), aisle::shape_error);
    CHECK_THROWS_AS(aisle::resize(image(w, h), 3, 3, aisle::resize_filter::box), aisle::shape_error);
  }
  CHECK_THROWS_AS(image(-1, 4), aisle::shape_error);
  CHECK_THROWS_AS(image(4, -1), aisle::shape_error);
}

TEST_CASE("a view holds as many bytes as its rows take, or is refused") {
  const std::vector<std::uint8_t> bytes(300, 9);
  CHECK_THROWS_WITH_AS(image_view(bytes, 8000, 8000),
                       "a picture of 8000 x 8000 pixels in RGB takes 192000000 bytes, found 300",
                       aisle::shape_error);
  CHECK_NOTHROW(image_view(bytes, 10, 10));
  CHECK_THROWS_AS(image_view(bytes, 10, 10, 31), aisle::shape_error);
  CHECK_NOTHROW(image_view(bytes, 9, 10, 30));
  // The last row needs no gap behind it.
  CHECK_NOTHROW(image_view(std::span(bytes).first(297), 9, 10, 30));
  CHECK_THROWS_AS(image_view(std::span(bytes).first(296), 9, 10, 30), aisle::shape_error);
  CHECK_THROWS_WITH_AS(image_view(bytes, 10, 10, 29), "a picture of 10 x 10 pixels with rows of 29 bytes",
                       aisle::shape_error);
  CHECK_THROWS_AS(image_view(bytes, -1, 10), aisle::shape_error);
  CHECK_THROWS_AS(image_view(bytes, 10, -1), aisle::shape_error);
}

TEST_CASE("strides and sides whose product no memory holds are refused, not wrapped around") {
  const std::vector<std::uint8_t> bytes(300, 9);
  constexpr std::size_t half = std::size_t{1} << 63;
  for (const std::size_t stride : {std::size_t(0) - 30, half, half - 30, half + 30, half / 2, half / 9 + 30})
    for (const int height : {2, 3, 10}) {
      if (stride == half / 9 + 30 && height < 10) continue;  // fits into 64 bits, not into 300 bytes
      CAPTURE(stride);
      CAPTURE(height);
      CHECK_THROWS_AS(image_view(bytes, 10, height, stride), aisle::shape_error);
    }
  CHECK_THROWS_AS(image_view(bytes, 10, 1, std::size_t(0) - 30), aisle::shape_error);
  CHECK_NOTHROW(image_view(bytes, 10, 1, 1000));  // one row has no other behind it
  constexpr int most = std::numeric_limits<int>::max();
  CHECK_THROWS_AS(image(most, most), aisle::shape_error);
  CHECK_THROWS_AS(image_view(bytes, most, most), aisle::shape_error);
  const image one = image_data::noise(10, 10, 1);
  for (const auto filter : {aisle::resize_filter::nearest, aisle::resize_filter::bicubic})
    CHECK_THROWS_AS(aisle::resize(one, most, most, filter), aisle::shape_error);
}

TEST_CASE("a tensor of pictures that was moved from holds none") {
  aisle::image_tensor a(2, 5, 4, aisle::tensor_layout::channels_first);
  const auto* values = a.values().data();
  aisle::image_tensor taken = std::move(a);
  CHECK(taken.count() == 2);
  CHECK(taken.picture(1).data() == values + 60);
  CHECK(taken.layout() == aisle::tensor_layout::channels_first);
  for (int i = 0; i < 2; ++i) {
    CHECK(a.count() == 0);  // NOLINT
    CHECK(a.height() == 0);
    CHECK(a.width() == 0);
    CHECK(a.values().empty());
    CHECK(a.picture(0).empty());
    const aisle::preset p = aisle::find_preset("timm_resnet50_a1");
    CHECK_THROWS_AS(aisle::preprocess(image_data::noise(9, 9, 1), p, a, 0), aisle::shape_error);
    aisle::image_tensor other;
    other = std::move(taken);
    CHECK(other.values().size() == 120);
    a = std::move(other);
    CHECK(a.picture(1).size() == 60);
    taken = std::move(a);
  }
}

TEST_CASE("pixels of someone else, in rows with gaps, are resized, prepared and written like our own") {
  const image own = image_data::noise(23, 31, 3);
  std::vector<std::uint8_t> rows;
  for (int y = 0; y < 31; ++y) {
    if (y > 0) rows.insert(rows.end(), 11, std::uint8_t{200});
    rows.insert(rows.end(), own.row(y).begin(), own.row(y).end());
  }
  const image_view view(rows, 23, 31, 23 * 3 + 11);
  CHECK(image(view) == own);
  for (const auto& [w, h] : {std::pair{10, 12}, {23, 12}, {10, 31}, {23, 31}, {60, 70}, {3, 400}, {5, 2}})
    for (const auto filter : {aisle::resize_filter::nearest, aisle::resize_filter::bicubic})
      CHECK(aisle::resize(view, w, h, filter) == aisle::resize(own, w, h, filter));
  for (const aisle::preset& p : aisle::all_presets()) {
    const aisle::image_tensor seen = aisle::preprocess(view, p), owned = aisle::preprocess(own, p);
    CHECK(aisle::ranges::equal(seen.values(), owned.values()));
  }
  CHECK(aisle::encode_png(view) == aisle::encode_png(own));
  CHECK(aisle::encode_jpeg(view) == aisle::encode_jpeg(own));
}
