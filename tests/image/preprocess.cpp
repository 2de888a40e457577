#include <doctest/doctest.h>

#include <cmath>

#include <aisle/image/preprocess.hpp>

#include "image_data.hpp"
#include "support/support.hpp"

using aisle::image;
using aisle::preset;
using aisle::tensor_layout;

namespace {

int sample(const image& i, int x, int y, int channel) {
  return i.row(y)[static_cast<std::size_t>(3 * x + channel)];
}

}  // namespace

TEST_CASE("crops and tensors are those of torchvision, timm and transformers" *
          doctest::skip(support::long_when_sanitized())) {
  int count = 0;
  for (const auto& row : image_data::rows("expected.jsonl")) {
    const auto name = row.get<std::string>("file");
    const image i = row.get<bool>("exact") ? aisle::read_image(image_data::file(name))
                                           : aisle::read_image(support::data("image/ref/" + name + ".png"));
    for (const auto& member : row["presets"].members()) {
      const auto& preset_name = member.key;
      const auto& expected = member.value;
      CAPTURE(name);
      CAPTURE(preset_name);
      const preset& p = aisle::find_preset(preset_name);
      CHECK(image_data::hash_of(aisle::crop_for(i, p)) == expected.get<std::string>("crop"));
      const auto tensor = aisle::preprocess(i, p, tensor_layout::channels_first);
      const auto x = tensor.values();
      const auto samples = expected["tensor"].as_vector<double>();
      REQUIRE(samples.size() >= 6);
      for (std::size_t k = 0; k < samples.size(); ++k)
        CHECK(std::abs(static_cast<double>(x[(k * 7919 + 13) % x.size()]) - samples[k]) <
              (preset_name == "keras_caffe" ? 1e-4 : 1e-5));
      ++count;
    }
  }
  CHECK(count > 1000);
}

TEST_CASE("both layouts hold the same numbers") {
  const image i = image_data::noise(50, 40, 1);
  for (const preset& p : aisle::all_presets()) {
    const auto one = aisle::preprocess(i, p, tensor_layout::channels_first), other = aisle::preprocess(i, p);
    CHECK(other.layout() == tensor_layout::channels_last);
    const auto first = one.values(), last = other.values();
    const std::size_t n = first.size() / 3;
    bool same = true;
    for (std::size_t k = 0; k < n; ++k)
      for (std::size_t c = 0; c < 3; ++c) same = same && first[c * n + k] == last[3 * k + c];
    CHECK(same);
  }
}

TEST_CASE("channel order and normalisation") {
  image red(8, 8);
  for (std::size_t k = 0; k < red.rgb().size(); ++k) red.rgb()[k] = k % 3 == 0 ? 200 : k % 3 == 1 ? 100 : 0;
  const aisle::image_tensor caffe = aisle::preprocess(red, aisle::find_preset("keras_caffe"));
  auto x = caffe.values();
  CHECK(x[0] == doctest::Approx(-103.939));
  CHECK(x[1] == doctest::Approx(100 - 116.779));
  CHECK(x[2] == doctest::Approx(200 - 123.68));
  const aisle::image_tensor tf = aisle::preprocess(red, aisle::find_preset("keras_tf"));
  x = tf.values();
  CHECK(x[0] == doctest::Approx(200 / 127.5 - 1));
  CHECK(x[2] == -1.0f);
}

TEST_CASE("a crop larger than the picture is surrounded by black") {
  const image i = image_data::noise(4, 3, 2);
  const preset p{.name = "as it is", .resize = aisle::resize_rule::none, .crop_width = 7, .crop_height = 9};
  const image crop = aisle::crop_for(i, p);
  REQUIRE(crop.width() == 7);
  REQUIRE(crop.height() == 9);
  for (int y = 0; y < 9; ++y)
    for (int x = 0; x < 7; ++x) {
      const bool inside = x >= 1 && x < 5 && y >= 3 && y < 6;
      for (int c = 0; c < 3; ++c) CHECK(sample(crop, x, y, c) == (inside ? sample(i, x - 1, y - 3, c) : 0));
    }
}

TEST_CASE("crop offsets: half to even, or down") {
  image wide(7, 4);
  for (int y = 0; y < 4; ++y)
    for (int k = 0; k < 21; ++k) wide.row(y)[static_cast<std::size_t>(k)] = static_cast<std::uint8_t>(k / 3);
  preset p{.name = "crop", .resize = aisle::resize_rule::none, .crop_width = 4, .crop_height = 4};
  CHECK(sample(aisle::crop_for(wide, p), 0, 0, 0) == 2);  // slack 3: 1.5 goes to 2
  p.offset = aisle::crop_offset::floor;
  CHECK(sample(aisle::crop_for(wide, p), 0, 0, 0) == 1);
  p.crop_width = 2;
  p.offset = aisle::crop_offset::round_half_even;
  CHECK(sample(aisle::crop_for(wide, p), 0, 0, 0) == 2);  // slack 5: 2.5 goes to 2
}

TEST_CASE("a wrong size of the result is refused") {
  const preset& p = aisle::find_preset("hf_vit_224");
  aisle::image_tensor small(2, 10, 20), right(2, 224, 224);
  const image i = image_data::noise(4, 4, 1);
  CHECK_THROWS_WITH_AS(aisle::preprocess(i, p, small, 0),
                       "a tensor of pictures of 20 x 10 pixels, preset hf_vit_224 makes 224 x 224",
                       aisle::shape_error);
  CHECK_THROWS_WITH_AS(aisle::preprocess(i, p, right, 2), "picture 2 of a tensor of 2", aisle::shape_error);
  CHECK_THROWS_AS(aisle::preprocess(i, p, right, -1), aisle::shape_error);
  CHECK_THROWS_AS(aisle::crop_for(image(), p), aisle::shape_error);
}
