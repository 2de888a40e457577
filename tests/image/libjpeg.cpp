#if AISLE_LIBJPEG

#include <aisle/image/libjpeg.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <aisle/image/encode.hpp>
#include <aisle/image/preprocess.hpp>
#include <aisle/image/resize.hpp>

#include "image_data.hpp"

namespace {

/// libjpeg-turbo for one test; the others are about stb_image.
struct with_libjpeg {
  with_libjpeg() { aisle::use_libjpeg(); }
  ~with_libjpeg() {
    aisle::detail::set_jpeg_decoder(nullptr);
    aisle::detail::set_jpeg_encoder(nullptr);
  }
};

/// Calls f(row, bytes) for every JPEG whose pixels in Pillow are known.
template <class F>
int each_jpeg(F f) {
  int files = 0;
  const auto those_of = [&](const std::vector<aisle::json>& rows, const std::string& folder) {
    for (const aisle::json& row : rows) {
      if (row.get<std::string>("format") != "JPEG") continue;
      const auto name = row.get<std::string>("file");
      CAPTURE(name);
      f(row, aisle::read_file(folder + "/" + name));
      ++files;
    }
  };
  those_of(image_data::rows("expected.jsonl"), support::data("image/files"));
  if (const std::string shared = support::shared("golden/image"); !shared.empty())
    those_of(image_data::rows_of(shared + "/expected.jsonl"), shared + "/files");
  return files;
}

aisle::image smooth(int width, int height) {
  aisle::image out(width, height);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      std::uint8_t* at = out.row(y).data() + std::ptrdiff_t{3} * x;
      at[0] = static_cast<std::uint8_t>(x * 255 / width);
      at[1] = static_cast<std::uint8_t>(y * 255 / height);
      at[2] = static_cast<std::uint8_t>((x + y) * 255 / (width + height));
    }
  return out;
}

}  // namespace

TEST_CASE("JPEG by libjpeg-turbo is Pillow's, bit for bit") {
  const with_libjpeg on;
  const int files = each_jpeg([](const aisle::json& row, const std::string& bytes) {
    const aisle::image i = image_data::decode(bytes);
    CHECK(i.width() == row.get<int>("width"));
    CHECK(i.height() == row.get<int>("height"));
    CHECK(image_data::hash_of(i) == row.get<std::string>("rgb"));
  });
  CHECK(files >= 14);
}

TEST_CASE("JPEG by libjpeg-turbo: what stb_image refuses is refused") {
  std::string whole = aisle::read_file(image_data::file("jpeg_progressive_444.jpg"));
  const with_libjpeg on;
  for (const char* name : {"bad_jpeg_12_bit.jpg", "bad_jpeg_cut_half.jpg", "bad_jpeg_no_eoi.jpg",
                           "bad_jpeg_no_quantisation_table.jpg", "bad_bomb_65500x65500.jpg"})
    CHECK(image_data::refusal(aisle::read_file(image_data::file(name))).starts_with("test: "));
  // Bits that are no code of the table: libjpeg itself only warns of them.
  int refused = 0;
  for (std::size_t at = whole.size() / 2; at + 40 < whole.size(); at += 17) {
    std::string damaged = whole;
    for (std::size_t i = 0; i < 12; ++i) damaged[at + i] = '\xfe';
    try {
      image_data::decode(damaged);
    } catch (const aisle::format_error& e) {
      CHECK(std::string(e.what()).starts_with("test: JPEG: "));
      ++refused;
    }
  }
  CHECK(refused > 0);
}

TEST_CASE("JPEG written by libjpeg-turbo is the file that Pillow writes") {
  struct {
    int width, height, quality;
    const char* sha256;  // by Pillow 13.0
  } const cases[] = {{224, 224, 75, "7b5f5d0dc26bb31205f9278b5adb2e7ce858f59a86da9ebf7af2703fa7f8a61b"},
                     {64, 48, 95, "0fa03bd4e31a24a335184776629111038df5353157bfea963d499ba1e2b0f819"},
                     {37, 19, 30, "bf0406515158d441c6755e6aad6e840fe12a06b5af82be09ce17dba59a3eeff7"}};
  for (const auto& c : cases) {
    const aisle::image picture = smooth(c.width, c.height);
    const std::string before = aisle::encode_jpeg(picture, {.quality = c.quality});
    const with_libjpeg on;
    const std::string bytes = aisle::encode_jpeg(picture, {.quality = c.quality});
    CHECK(aisle::to_hex(aisle::sha256::of(bytes)) == c.sha256);
    CHECK(before != bytes);
    // Rows with a gap between them.
    aisle::image wide(c.width + 5, c.height);
    for (int y = 0; y < c.height; ++y)
      std::copy(picture.row(y).begin(), picture.row(y).end(), wide.row(y).begin());
    const aisle::image_view part(wide.rgb(), c.width, c.height, static_cast<std::size_t>(wide.width()) * 3);
    CHECK(aisle::encode_jpeg(part, {.quality = c.quality}) == bytes);
  }
}

TEST_CASE("scaled decoding: as small as the preset allows, and never without libjpeg-turbo") {
  const aisle::image original = smooth(1000, 640);
  const std::string file = aisle::encode_jpeg(original);
  const auto size_of = [&](const aisle::preset& p) {
    const aisle::image i =
        aisle::detail::decode_jpeg(std::as_bytes(std::span(file)), "test", aisle::detail::demand_of(p));
    return std::vector<int>{i.width(), i.height()};
  };
  aisle::preset p = aisle::find_preset("torchvision_resnet50_v2");
  p.resize = aisle::resize_rule::shortest_edge;
  p.resize_width = 160;
  p.scaled_decoding = true;
  CHECK(size_of(p) == std::vector{1000, 640});  // stb_image has no scales
  const with_libjpeg on;
  CHECK(size_of(p) == std::vector{250, 160});
  p.resize_width = 161;
  CHECK(size_of(p) == std::vector{500, 320});
  p.resize_width = 80;
  CHECK(size_of(p) == std::vector{125, 80});
  p.resize_width = 700;  // larger than the picture
  CHECK(size_of(p) == std::vector{1000, 640});
  p.resize = aisle::resize_rule::squash;
  p.resize_width = 500;
  p.resize_height = 100;
  CHECK(size_of(p) == std::vector{500, 320});
  p.scaled_decoding = false;
  CHECK(size_of(p) == std::vector{1000, 640});

  // The picture is the same one: nearly what the resize makes of all its pixels.
  p = aisle::find_preset("torchvision_resnet50_v2");
  p.scaled_decoding = true;
  const auto bytes = std::as_bytes(std::span(file));
  const aisle::image fast = aisle::crop_for(
                         aisle::detail::decode_jpeg(bytes, "test", aisle::detail::demand_of(p)), p),
                     exact = aisle::crop_for(aisle::decode_jpeg(bytes, "test"), p);
  int worst = 0;
  for (std::size_t i = 0; i < exact.rgb().size(); ++i)
    worst = std::max(worst, std::abs(int{fast.rgb()[i]} - int{exact.rgb()[i]}));
  CHECK(worst <= 4);
}

#endif
