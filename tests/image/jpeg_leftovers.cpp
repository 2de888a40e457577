#include <doctest/doctest.h>

#include <aisle/image/encode.hpp>

#include "image_data.hpp"

// What cameras and shops leave between a JPEG's last scan and its end, and the verdict of Pillow 13 on each.

namespace {

using namespace std::string_literals;

struct leftover {
  const char* name;
  std::string bytes;
};

std::vector<leftover> read_over() {
  std::vector<leftover> all = {
      {"FF00", "\xFF\0"s},
      {"TEM", "\xFF\x01"},
      {"fill bytes", "\xFF\xFF\xFF"},
      {"zeros", std::string(40, '\0')},
      {"zeros, FF00", std::string(40, '\0') + "\xFF\0"s},
      {"zeros, RST3", std::string(40, '\0') + "\xFF\xD3"},
      {"stray bytes", "abc"},
      {"stray bytes and FF00", "ab\xFF\0cd\xFF\0e\xFF\0"s},
      {"markers and bytes", "\xFF\xD0"s + "abc\xFF\xD1xyz"},
      {"many markers", "\xFF\xD0\xFF\xD1\xFF\xD2\xFF\xD0"},
      {"COM", "\xFF\xFE\0\x06"s + "abcd"},
      {"APP1", "\xFF\xE1\0\x06"s + "abcd"},
      {"COM, FF00", "\xFF\xFE\0\x06"s + "abcd\xFF\0"s},
      {"COM, RST4", "\xFF\xFE\0\x06"s + "abcd\xFF\xD4"},
      {"DNL", "\xFF\xDC\0\x04\0\x50"s},
      {"stray bytes and DNL", "ab\xFF\xDC\0\x04\0\x50"s},
      {"stray bytes, fill bytes and DNL", "ab\xFF\xFF\xFF\xDC\0\x04\0\x50"s},
      {"DNL twice, stray bytes between", "\xFF\xDC\0\x04\0\x50x\xFF\xDC\0\x04\0\x50"s},
      {"DNL of another length", "\xFF\xDC\0\x06\0\x50"s + "ab"},
      {"DAC", "\xFF\xCC\0\x02"s},
      {"DRI", "\xFF\xDD\0\x04\0\x04"s},
      {"another end", "\xFF\xD9"},
  };
  for (char i = 0; i < 8; ++i) all.push_back({"RST", "\xFF"s + static_cast<char>('\xD0' + i)});
  return all;
}

std::vector<leftover> refused() {
  return {{"a second image", "\xFF\xD8"},
          {"reserved", "\xFF\x02"},
          {"reserved with a segment", "\xFF\xBF\0\x04"s + "ab"},
          {"JPG0", "\xFF\xF0\0\x04"s + "ab"},
          {"JPG", "\xFF\xC8\0\x04"s + "ab"}};
}

/// Baseline of one scan, with restart markers, progressive.
std::vector<std::string> files() {
  return {aisle::encode_jpeg(image_data::noise(40, 30, 5)), image_data::read("jpeg_restart_optimised.jpg"),
          image_data::read("jpeg_progressive_444.jpg")};
}

}  // namespace

TEST_CASE("JPEG: leftovers behind the last scan are read over") {
  for (const std::string& file : files()) {
    REQUIRE(file.ends_with("\xFF\xD9"));
    const aisle::image clean = image_data::decode(file);
    for (const auto& tail : read_over()) {
      const auto& name = tail.name;
      const auto& bytes = tail.bytes;
      CAPTURE(name);
      CHECK(image_data::refusal(std::string(file).insert(file.size() - 2, bytes)).empty());
      CHECK(image_data::decode(std::string(file).insert(file.size() - 2, bytes)) == clean);
    }
    for (const auto& tail : refused()) {
      const auto& name = tail.name;
      const auto& bytes = tail.bytes;
      CAPTURE(name);
      CHECK_FALSE(image_data::refusal(std::string(file).insert(file.size() - 2, bytes)).empty());
    }
    CHECK(image_data::refusal(file.substr(0, file.size() - 2)).find("no end marker") != std::string::npos);
  }
}

TEST_CASE("JPEG: leftovers between the scans of a progressive file are read over") {
  const std::string file = image_data::read("jpeg_progressive_444.jpg");
  const aisle::image clean = image_data::decode(file);
  for (const auto& tail : read_over()) {
    const auto& name = tail.name;
    const auto& bytes = tail.bytes;
    if (bytes.find('\xD9') != std::string::npos || bytes.find('\xDD') != std::string::npos) continue;
    CAPTURE(name);
    std::string changed = file;
    std::size_t scans = 0;
    for (std::size_t at = 0; (at = changed.find("\xFF\xDA"s, at)) != std::string::npos; ++scans) {
      at += 4;
      while (!(changed[at] == '\xFF' && changed[at + 1] != '\0')) ++at;
      changed.insert(at, bytes);
      at += bytes.size();
    }
    REQUIRE(scans > 3);
    CHECK(image_data::refusal(changed).empty());
    CHECK(image_data::decode(changed) == clean);
  }
}

TEST_CASE("JPEG: behind one scan of everything a cut comment costs nothing, another scan is refused") {
  const std::string file = aisle::encode_jpeg(image_data::noise(40, 30, 5));
  const std::size_t end = file.size() - 2, scan = file.rfind("\xFF\xDA");
  // The picture is whole: a comment that is cut off costs nothing.
  CHECK(image_data::decode(std::string(file).insert(end,
                                                    "\xFF\xFE\xFF\xFF"
                                                    "ab")) == image_data::decode(file));
  CHECK(image_data::refusal(std::string(file).insert(end, file.substr(scan, end - scan))) ==
        "test: JPEG: more than one scan of the whole picture");
}

TEST_CASE("JPEG: leftovers of cameras, as they were found") {
  const std::string folder = support::shared("cases");
  if (folder.empty()) return;
  struct expected {
    const char* name;
    int width, height;
    std::vector<int> first, inner;  ///< pixels (0, 0) and (50, 60)
  };
  std::vector<expected> all = {
      {"img_jpeg_trailing_marker0_after_data.jpg", 400, 300, {124, 205, 126}, {28, 93, 185}}};
  for (const char* name :
       {"img_tail_restart_before_end.jpg", "img_tail_v_ff01_tem.jpg", "img_tail_v_rst7.jpg",
        "img_tail_v_zeros_then_ff00.jpg", "img_tail_v_zeros_then_rst.jpg"})
    all.push_back({name, 160, 120, {132, 212, 139}, {30, 96, 190}});
  for (const expected& e : all) {
    CAPTURE(e.name);
    const aisle::image i = aisle::read_image(folder + "/" + e.name);
    REQUIRE(i.width() == e.width);
    REQUIRE(i.height() == e.height);
    for (std::size_t c = 0; c < 3; ++c) {
      CHECK(std::abs(i.row(0)[c] - e.first[c]) <= 2);
      CHECK(std::abs(i.row(60)[50 * 3 + c] - e.inner[c]) <= 2);
    }
  }
}
