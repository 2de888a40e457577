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
  for (const aisle::preset& p : aisle::all_presets())
    CHECK(aisle::ranges::equal(aisle::preprocess(view, p).values(), aisle::preprocess(own, p).values()));
  CHECK(aisle::encode_png(view) == aisle::encode_png(own));
  CHECK(aisle::encode_jpeg(view) == aisle::encode_jpeg(own));
}
