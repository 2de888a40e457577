#include <doctest/doctest.h>

#include <cmath>

#include <aisle/image/encode.hpp>
#include <aisle/image/resize.hpp>

#include "image_data.hpp"

using aisle::image;

TEST_CASE("PNG is lossless") {
  for (const auto& [w, h] : {std::pair{1, 1}, {3, 2}, {64, 65}, {301, 7}}) {
    const image i = image_data::noise(w, h, 4);
    const image back = image_data::decode(aisle::encode_png(i));
    CHECK(back.width() == w);
    CHECK(back.height() == h);
    CHECK(back == i);
  }
  // pictures that compress: dynamic codes and long copies
  const image smooth = aisle::resize(image_data::noise(4, 4, 1), 200, 150, aisle::resize_filter::bicubic);
  CHECK(image_data::decode(aisle::encode_png(smooth)) == smooth);
}

TEST_CASE("JPEG comes close, closer with quality") {
  const image smooth = aisle::resize(image_data::noise(5, 5, 2), 90, 70, aisle::resize_filter::bicubic);
  const auto error = [&](int quality) {
    const image back = image_data::decode(aisle::encode_jpeg(smooth, {.quality = quality}));
    REQUIRE(back.width() == 90);
    REQUIRE(back.height() == 70);
    double sum = 0;
    for (std::size_t k = 0; k < back.rgb().size(); ++k)
      sum += std::abs(int{back.rgb()[k]} - int{smooth.rgb()[k]});
    return sum / static_cast<double>(back.rgb().size());
  };
  CHECK(error(95) < 1.5);
  CHECK(error(95) < error(20));
}

TEST_CASE("files are written by their ending") {
  const support::temporary_folder folder;
  const image i = image_data::noise(20, 10, 3);
  aisle::write_image(folder / "a.PNG", i);
  CHECK(aisle::read_image(folder / "a.PNG") == i);
  aisle::write_image(folder / "a.jpeg", i);
  CHECK(aisle::read_file(folder / "a.jpeg").starts_with("\xff\xd8\xff"));
  CHECK_THROWS_WITH_AS(aisle::write_image(folder / "a.webp", i),
                       doctest::Contains("a.webp: images are written as"), aisle::option_error);
  CHECK_THROWS_AS(aisle::encode_png(image()), aisle::shape_error);
  CHECK_THROWS_AS(aisle::encode_jpeg(i, {.quality = 0}), aisle::option_error);
}
