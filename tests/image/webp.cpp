#include <doctest/doctest.h>

#include <aisle/image/encode.hpp>

#include "image_data.hpp"

// Expected pixels are Pillow 13's (tests/data/image/webp/expected.jsonl).

namespace {

std::string read(const std::string& name) { return aisle::read_file(support::data("image/webp/" + name)); }

}  // namespace

TEST_CASE("other formats are named, with what to do where something can be done") {
  using namespace std::string_literals;
  const auto named = [](const std::string& bytes) { return image_data::refusal(bytes); };
  CHECK(named("II*\0...."s).find("but a TIFF image") != std::string::npos);
  CHECK(named("MM\0+...."s).find("but a TIFF image") != std::string::npos);
  CHECK(named("\0\0\0\x1c"s + "ftypavif....").find("but an AVIF image") != std::string::npos);
  CHECK(named("\0\0\0\x1c"s + "ftypheic....").find("but a HEIF image") != std::string::npos);
  CHECK(named("\0\0\0\x1c"s + "ftypisom....").find("MP4") != std::string::npos);
  CHECK(named("\xff\x0a....").find("but a JPEG XL image") != std::string::npos);
  CHECK(named("PAR1\0"s).find("but a Parquet file") != std::string::npos);
  CHECK(named("version https://git-lfs.github.com/spec/v1\n").find("but a Git LFS pointer: fetch") !=
        std::string::npos);
  const std::string folder = support::shared("cases");
  if (folder.empty()) return;
  CHECK_THROWS_WITH_AS(aisle::read_image(folder + "/img_avif_named_jpg.jpg"),
                       doctest::Contains("an AVIF image"), aisle::format_error);
  CHECK_THROWS_WITH_AS(aisle::read_image(folder + "/img_tiff_named_jpg.jpg"),
                       doctest::Contains("a TIFF image"), aisle::format_error);
}

TEST_CASE("formats can be added, and one of the same name is replaced") {
  const auto begins = [](std::span<const std::byte> bytes) { return bytes[0] == std::byte{'@'}; };
  aisle::add_image_format({"At", begins, [](std::span<const std::byte> bytes, std::string_view) {
                             return aisle::image(static_cast<int>(bytes.size()), 1);
                           }});
  CHECK(image_data::decode("@abc").width() == 4);
  aisle::add_image_format(
      {"At", begins, [](std::span<const std::byte>, std::string_view) { return aisle::image(7, 7); }});
  CHECK(image_data::decode("@abc").width() == 7);
  CHECK(image_data::refusal("hello there").find("BMP or At image") != std::string::npos);
}

#if AISLE_WEBP

#include <aisle/image/webp.hpp>

TEST_CASE("WebP is named until it is added, and then decoded as Pillow does, bit for bit") {
  int files = 0;
  for (const aisle::json& row : image_data::rows("webp/expected.jsonl")) {
    const auto name = row.get<std::string>("file");
    CAPTURE(name);
    if (files == 0) {
      const std::string refused = image_data::refusal(read(name));
      CHECK(refused.find("a WebP image, which needs libwebp") != std::string::npos);
      aisle::add_webp();
    }
    const aisle::image i = image_data::decode(read(name));
    CHECK(i.width() == row.get<int>("width"));
    CHECK(i.height() == row.get<int>("height"));
    CHECK(image_data::hash_of(i) == row.get<std::string>("rgb"));
    ++files;
  }
  CHECK(files >= 9);
}

TEST_CASE("WebP: damaged, cut off and too large files are refused") {
  using namespace std::string_literals;
  aisle::add_webp();
  for (const char* name : {"lossy_61x43.webp", "lossless_alpha_exact_37x52.webp", "animated_40x30.webp"}) {
    const std::string whole = read(name);
    CAPTURE(name);
    for (const std::size_t n : {std::size_t{12}, std::size_t{20}, std::size_t{40}, whole.size() / 2})
      CHECK(image_data::refusal(whole.substr(0, n)).starts_with("test: WebP: "));
  }
  // The canvas of an extended header: 24 bits each, less one.
  const std::string large = "RIFF\x30\0\0\0WEBPVP8X\x0a\0\0\0\x02\0\0\0"s + "\xff\x3f\0\xff\x3f\0"s +
                            "ANIM\x06\0\0\0\0\0\0\0\0\0"s + std::string(16, '\0');
  CHECK(image_data::refusal(large).find("16384 x 16384 pixels, more than the 178956970") !=
        std::string::npos);
}

TEST_CASE("WebP named .jpg, as a shop sent it") {
  aisle::add_webp();
  const std::string folder = support::shared("cases");
  if (folder.empty()) return;
  const aisle::image i = aisle::read_image(folder + "/img_webp_named_jpg.jpg");
  CHECK(i.width() == 400);
  CHECK(i.height() == 300);
  CHECK(std::vector<int>(i.rgb().begin(), i.rgb().begin() + 3) == std::vector<int>{134, 202, 129});
}

#endif
