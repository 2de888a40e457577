#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <utility>

#include <sys/stat.h>

#include <aisle/image/decode.hpp>
#include <aisle/image/encode.hpp>
#include <aisle/image/picture_turn.hpp>

#include "image_data.hpp"
#include "support/support.hpp"

// What a picture costs follows the bytes that are there, not those that it claims.

using image_data::decode;
using image_data::refusal;

namespace {

std::string word(unsigned v) { return {static_cast<char>(v >> 8), static_cast<char>(v & 255)}; }

/// A JPEG file up to its scans: one Huffman table of a single code of one bit for DC, one for AC.
std::string jpeg_start(char marker, unsigned width, unsigned height, unsigned components) {
  std::string out = "\xff\xd8\xff\xdb" + word(67) + std::string(1, '\0') + std::string(64, '\1');
  out += std::string("\xff") + marker + word(8 + 3 * components) + "\x08" + word(height) + word(width);
  out += static_cast<char>(components);
  for (unsigned c = 1; c <= components; ++c) out += std::string{static_cast<char>(c), '\x11', '\0'};
  for (const char kind : {'\0', '\x10'})
    out += "\xff\xc4" + word(20) + kind + "\1" + std::string(15, '\0') + std::string(1, '\0');
  return out;
}
std::string jpeg_scan(unsigned components, const std::string& spectrum, std::size_t bytes) {
  std::string out = "\xff\xda" + word(6 + 2 * components) + static_cast<char>(components);
  for (unsigned c = 1; c <= components; ++c) out += std::string{static_cast<char>(c), '\0'};
  return out + spectrum + std::string(bytes, '\0');
}
const std::string baseline("\0\x3f\0", 3), dc("\0\0\0", 3), ac("\1\x3f\0", 3), end = "\xff\xd9";

}  // namespace

TEST_CASE("a picture has a most number of pixels, and a longest side") {
  CHECK_NOTHROW(aisle::check_image_size(1'000'000, 178, "wide"));
  CHECK_NOTHROW(aisle::check_image_size(1, 1'000'000, "high"));
  for (const auto& [width, height] : {std::pair{1'000'001u, 1u}, {1u, 178'000'000u}})
    CHECK_THROWS_WITH_AS(aisle::check_image_size(width, height, "thin"),
                         doctest::Contains("a side of more than the 1000000 allowed"), aisle::format_error);
  CHECK_THROWS_WITH_AS(aisle::check_image_size(1'000'000, 179, "large"),
                       doctest::Contains("more than the 178956970 allowed"), aisle::format_error);
}

TEST_CASE("a JPEG file must have the bits that its blocks take at least") {
  // 13,000 x 13,000 pixels in 160 bytes.
  for (const unsigned components : {1u, 3u, 4u}) {
    CAPTURE(components);
    CHECK(refusal(jpeg_start('\xc0', 13'000, 13'000, components) + jpeg_scan(components, baseline, 10) + end)
              .find("10 bytes of image data cannot hold 13000 x 13000 pixels") != std::string::npos);
    CHECK(refusal(jpeg_start('\xc2', 13'000, 13'000, components) + jpeg_scan(components, dc, 10) + end)
              .find("cannot hold") != std::string::npos);
  }
  // 256 x 256 blocks of 2 bits, which is what black takes: one byte less is too few.
  const std::string whole = jpeg_start('\xc0', 2048, 2048, 1);
  CHECK(decode(whole + jpeg_scan(1, baseline, 16'384) + end).width() == 2048);
  CHECK(refusal(whole + jpeg_scan(1, baseline, 16'383) + end).find("cannot hold") != std::string::npos);
  const std::string progressive = jpeg_start('\xc2', 2048, 2048, 1);
  CHECK(decode(progressive + jpeg_scan(1, dc, 8'192) + end).width() == 2048);
  CHECK(refusal(progressive + jpeg_scan(1, dc, 8'191) + end).find("cannot hold") != std::string::npos);
  // A small one that is cut is as it was.
  CHECK(decode(jpeg_start('\xc0', 64, 64, 1) + jpeg_scan(1, baseline, 2) + end).width() == 64);
}

TEST_CASE("scans of a progressive JPEG file go through its blocks so often, not more") {
  const auto with = [](unsigned side, int scans) {
    std::string out = jpeg_start('\xc2', side, side, 1) + jpeg_scan(1, dc, side * side / 64 / 8 + 1);
    for (int i = 0; i < scans; ++i) out += jpeg_scan(1, ac, side * side / 64 / 8 + 1);
    return out + end;
  };
  CHECK(decode(with(1024, 31)).width() == 1024);
  CHECK(decode(with(64, 1000)).width() == 64);  // cheap
  CHECK(refusal(with(4096, 31)).find("scans") == std::string::npos);
  CHECK(refusal(with(4096, 1000)).find("its scans go through the picture more than 32 times") !=
        std::string::npos);
}

TEST_CASE("GIF and BMP of a large canvas must have bytes for it") {
  const auto gif = [](char low, char high) {
    const std::string side{low, high};
    return "GIF89a" + side + side +
           std::string("\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\1\0\1\0\0\2\2\x4c\1\0;", 25);
  };
  CHECK(decode(gif('\0', '\1')).width() == 256);
  CHECK(refusal(gif('\xc8', '\x32')).find("cannot hold 13000 x 13000 pixels") != std::string::npos);
  const auto bmp = [](const std::string& side, int bits, int compression, const std::string& data) {
    const std::string zero(4, '\0');
    std::string out = "BM" + zero + zero + std::string("\x36\0\0\0\x28\0\0\0", 8) + side + side;
    out += std::string("\1\0", 2) + static_cast<char>(bits) + '\0' + static_cast<char>(compression);
    out += std::string(3, '\0') + zero + zero + zero + std::string("\1\0\0\0", 4) + zero + zero;
    return out + data;
  };
  const std::string large("\xc8\x32\0\0", 4), small("\x10\0\0\0", 4), nothing("\0\1", 2);
  CHECK(refusal(bmp(large, 8, 1, nothing)).find("cannot hold") != std::string::npos);
  CHECK(refusal(bmp(large, 24, 0, nothing)).find("cut off") != std::string::npos);
  CHECK(decode(bmp(small, 8, 1, nothing)).width() == 16);
}

TEST_CASE("a picture is a file: a pipe or a device is refused and not waited for") {
  const support::temporary_folder folder;
  const std::string pipe = folder / "a.png";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK_THROWS_AS(aisle::read_image(pipe), aisle::file_error);
  CHECK_THROWS_AS(aisle::read_image("/dev/zero"), aisle::file_error);
}

TEST_CASE("what a file says its size is") {
  const auto stated = [](const std::string& bytes) {
    return aisle::detail::stated_pixels(std::as_bytes(std::span(bytes)));
  };
  const aisle::image picture(70, 50);
  CHECK(stated(aisle::encode_png(picture)) == 3500);
  CHECK(stated(aisle::encode_jpeg(picture)) == 3500);
  CHECK(stated(jpeg_start('\xc2', 13'000, 13'000, 3)) == 169'000'000);
  CHECK(stated("no picture") == 0);
  CHECK(stated("") == 0);
  for (std::size_t n = 0; n < 80; ++n) {  // cut anywhere
    CHECK(stated(aisle::encode_png(picture).substr(0, n)) <= 3500);
    CHECK(stated(aisle::encode_jpeg(picture).substr(0, n)) <= 3500);
  }
}

TEST_CASE("one big picture at a time: another waits, small ones do not") {
  const std::string big = aisle::encode_png(aisle::image(8000, 4000)),
                    small = aisle::encode_png(aisle::image(9, 9));
  std::atomic<bool> done{false};
  std::thread other;
  {
    aisle::detail::picture_turn turn;
    turn.take();
    turn.take();  // it has it already
    other = std::thread([&] {
      CHECK(decode(big).width() == 8000);
      done = true;
    });
    CHECK(decode(small).width() == 9);
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    CHECK_FALSE(done);
    aisle::detail::picture_turn own;
    const auto bytes = std::as_bytes(std::span(small));
    CHECK(aisle::detail::decode_image(bytes, "small", own).width() == 9);
    CHECK_FALSE(own.taken());
  }
  other.join();
  CHECK(done);
}
