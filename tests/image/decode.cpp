#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

#include <aisle/image/encode.hpp>
#include <aisle/io/inflate.hpp>

#include "image_data.hpp"

using aisle::image;
using image_data::decode;
using image_data::refusal;

namespace {

std::string big_endian(std::uint32_t v) {
  return {static_cast<char>(v >> 24), static_cast<char>(v >> 16), static_cast<char>(v >> 8),
          static_cast<char>(v)};
}
std::string little_endian(std::uint32_t v, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i, v >>= 8) out += static_cast<char>(v);
  return out;
}

std::uint32_t crc32(std::string_view bytes) {
  std::uint32_t crc = ~0u;
  for (const char b : bytes) {
    crc ^= static_cast<std::uint8_t>(b);
    for (int k = 0; k < 8; ++k) crc = (crc & 1) != 0 ? crc >> 1 ^ 0xEDB88320u : crc >> 1;
  }
  return ~crc;
}
std::string chunk(const std::string& type, const std::string& content) {
  return big_endian(static_cast<std::uint32_t>(content.size())) + type + content +
         big_endian(crc32(type + content));
}

/// A zlib stream of one stored block.
std::string stored(const std::string& data) {
  std::uint32_t a = 1, b = 0;
  for (const char c : data) {
    a = (a + static_cast<std::uint8_t>(c)) % 65521;
    b = (b + a) % 65521;
  }
  const auto n = static_cast<std::uint32_t>(data.size());
  return "\x78\x01\x01" + little_endian(n, 2) + little_endian(~n, 2) + data + big_endian(b << 16 | a);
}

std::string png(std::uint32_t w, std::uint32_t h, int depth, int type, const std::string& raw,
                const std::string& before_data = "", int interlace = 0) {
  std::string header = big_endian(w) + big_endian(h);
  for (const int v : {depth, type, 0, 0, interlace}) header += static_cast<char>(v);
  return "\x89PNG\r\n\x1a\n" + chunk("IHDR", header) + before_data + chunk("IDAT", stored(raw)) +
         chunk("IEND", "");
}

std::string bmp(int w, int h, int bits, int compression, const std::string& after_header,
                const std::string& data) {
  return "BM" + little_endian(0, 8) + little_endian(static_cast<std::uint32_t>(54 + after_header.size()), 4) +
         little_endian(40, 4) + little_endian(static_cast<std::uint32_t>(w), 4) +
         little_endian(static_cast<std::uint32_t>(h), 4) + little_endian(1, 2) +
         little_endian(static_cast<std::uint32_t>(bits), 2) +
         little_endian(static_cast<std::uint32_t>(compression), 4) + little_endian(0, 20) + after_header +
         data;
}

/// Where the segments of a JPEG file with this marker begin and end, a scan's data included.
std::vector<std::pair<std::size_t, std::size_t>> segments(const std::string& jpeg, int marker) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(jpeg[i]); };
  std::vector<std::pair<std::size_t, std::size_t>> found;
  for (std::size_t i = 2; byte(i + 1) != 0xD9;) {
    std::size_t end = i + 2 + static_cast<std::size_t>(byte(i + 2) << 8 | byte(i + 3));
    if (byte(i + 1) == 0xDA)
      while (byte(end) != 0xFF || byte(end + 1) == 0 || (byte(end + 1) >= 0xD0 && byte(end + 1) <= 0xD7))
        ++end;
    if (byte(i + 1) == marker) found.emplace_back(i, end);
    i = end;
  }
  return found;
}

std::vector<int> pixels(const image& i) { return {i.rgb().begin(), i.rgb().end()}; }

}  // namespace

TEST_CASE("PNG, GIF and BMP files decode to the bytes Pillow has") {
  int exact = 0;
  std::set<std::string> formats;
  for (const auto& row : image_data::rows("expected.jsonl")) {
    if (!row.get<bool>("exact")) continue;
    const auto name = row.get<std::string>("file");
    CAPTURE(name);
    const image i = aisle::read_image(image_data::file(name));
    CHECK(i.width() == row.get<int>("width"));
    CHECK(i.height() == row.get<int>("height"));
    CHECK(image_data::hash_of(i) == row.get<std::string>("rgb"));
    formats.insert(row.get<std::string>("format"));
    ++exact;
  }
  CHECK(exact > 50);
  CHECK(formats == std::set<std::string>{"BMP", "GIF", "PNG"});
}

TEST_CASE("JPEG files decode to what libjpeg-turbo makes of them, nearly") {
  int count = 0;
  for (const auto& row : image_data::rows("expected.jsonl")) {
    if (row.get<bool>("exact")) continue;
    const auto name = row.get<std::string>("file");
    CAPTURE(name);
    const image i = aisle::read_image(image_data::file(name));
    const image reference = aisle::read_image(support::data("image/ref/" + name + ".png"));
    REQUIRE(i.rgb().size() == reference.rgb().size());
    double sum = 0;
    for (std::size_t k = 0; k < i.rgb().size(); ++k)
      sum += std::abs(int{i.rgb()[k]} - int{reference.rgb()[k]});
    CHECK(sum / static_cast<double>(i.rgb().size()) < 0.5);
    ++count;
  }
  CHECK(count > 10);
}

TEST_CASE("damaged files are refused with the file's name, or read as Pillow reads them") {
  int refused = 0, accepted = 0;
  for (const auto& row : image_data::rows("errors.jsonl")) {
    const auto name = row.get<std::string>("file");
    const std::string path = image_data::file(name);
    CAPTURE(name);
    if (row.get<std::string>("expect") == "error") {
      CHECK_THROWS_WITH_AS(aisle::read_image(path), doctest::Contains(path.c_str()), aisle::format_error);
      ++refused;
    } else if (name.ends_with(".png")) {
      CHECK(image_data::hash_of(aisle::read_image(path)) == row.get<std::string>("rgb"));
      ++accepted;
    }
  }
  CHECK(refused > 40);
  CHECK(accepted == 7);
}

TEST_CASE("messages say what was found") {
  CHECK(refusal("") == "test: an empty file, expected an image");
  CHECK(refusal("%PDF-1.4").find("a PDF document") != std::string::npos);
  CHECK(refusal("<!DOCTYPE html>").find("a web page (HTML)") != std::string::npos);
  CHECK(refusal("hello there").find("11 bytes of no kind known here") != std::string::npos);
  CHECK(refusal(std::string(100, '\0')).find("100 bytes of no kind") != std::string::npos);
  CHECK(refusal(png(60000, 60000, 8, 2, "")).find("60000 x 60000 pixels, more than the 178956970") !=
        std::string::npos);
  CHECK(refusal(png(4, 4, 8, 5, "")).find("colour type 5 with 8 bits") != std::string::npos);
  CHECK_THROWS_AS(aisle::read_image("/no/such/file.png"), aisle::file_error);
}

TEST_CASE("16 bit grey clips, 16 bit colour keeps the high byte") {
  using namespace std::string_literals;
  CHECK(pixels(decode(png(3, 1, 16, 0, "\0\0\x40\0\xff\x01\0"s))) ==
        std::vector<int>{0x40, 0x40, 0x40, 255, 255, 255, 255, 255, 255});
  CHECK(pixels(decode(png(1, 1, 16, 2, "\0\x01\xff\x80\0\xff\0"s))) == std::vector<int>{1, 0x80, 255});
  CHECK(pixels(decode(png(1, 1, 16, 4, "\0\x07\xff\x80\0"s))) == std::vector<int>{7, 7, 7});
}

TEST_CASE("a palette index past the palette is black, a palette of more than 256 colours an error") {
  using namespace std::string_literals;
  const std::string two = "\x09\x08\x07\x01\x02\x03";
  CHECK(pixels(decode(png(3, 1, 8, 3, "\0\x01\x02\0"s, chunk("PLTE", two)))) ==
        std::vector<int>{1, 2, 3, 0, 0, 0, 9, 8, 7});
  CHECK(refusal(png(1, 1, 8, 3, "\0\0"s, chunk("PLTE", std::string(771, 'x')))).find("257 colours") !=
        std::string::npos);
}

TEST_CASE("JPEG: a scan that stops at a restart marker is refused") {
  const std::string whole = aisle::read_file(image_data::file("jpeg_restart_optimised.jpg"));
  const auto [begin, end] = segments(whole, 0xDA).at(0);
  std::vector<std::size_t> restarts;
  for (std::size_t i = begin; i < end; ++i)
    if (whole[i] == '\xFF' && static_cast<unsigned char>(whole[i + 1]) / 8 == 0xD0 / 8) restarts.push_back(i);
  REQUIRE(restarts.size() == 9);  // 7 x 4 units, one marker after every 3 of them
  for (std::size_t k = 0; k < restarts.size(); ++k)
    CHECK(refusal(whole.substr(0, restarts[k]) + "\xFF\xD9") ==
          "test: JPEG: a scan with " + std::to_string(k) +
              " restart markers, expected 9: part of the picture is missing");
  CHECK(refusal(whole).empty());
  // Scans of one component count its own blocks: 13 x 8 of luminance, 7 x 4 of each chrominance.
  std::string grey = aisle::read_file(image_data::file("jpeg_grey_progressive.jpg"));
  const std::string interval = "\xFF\xDD" + std::string("\0\x04\0", 3);
  const std::size_t frame = segments(grey, 0xC2).at(0).first;
  CHECK(refusal(std::string(grey).insert(frame, interval + '\x60')).empty());  // 8 x 12 blocks, all in one
  CHECK(refusal(std::string(grey).insert(frame, interval + '\x5F')).find("expected 1:") != std::string::npos);
}

TEST_CASE("JPEG: a component without a scan is refused") {
  using namespace std::string_literals;
  const std::string baseline = aisle::read_file(image_data::file("jpeg_8x8_444.jpg"));
  const std::size_t scan = segments(baseline, 0xDA).at(0).first;
  // The scan's header names component 1 alone.
  std::string one = baseline.substr(0, scan) + "\xFF\xDA\0\x08\x01"s + baseline.substr(scan + 5, 2) +
                    "\0\x3F\0"s + baseline.substr(scan + 14);
  CHECK(refusal(one) == "test: JPEG: no image data of component 2 before the end marker");
  // Three times the same component.
  std::string same = baseline;
  same[scan + 7] = same[scan + 9] = same[scan + 5];
  CHECK(refusal(same).find("no image data of component 2") != std::string::npos);

  const std::string progressive = aisle::read_file(image_data::file("jpeg_progressive_444.jpg"));
  const auto scans = segments(progressive, 0xDA);
  CHECK(refusal(progressive).empty());
  std::string without = progressive;
  without.erase(scans[0].first, scans[0].second - scans[0].first);
  CHECK(refusal(without) == "test: JPEG: a scan refines component 1, which has none before it");
  // The first scan of all components' DC alone is a whole, if coarse, picture.
  CHECK(refusal(progressive.substr(0, scans[0].second) + "\xFF\xD9").empty());
}

TEST_CASE("JPEG: a Huffman table with more codes than there are is refused") {
  std::string file = aisle::read_file(image_data::file("jpeg_8x8_444.jpg"));
  const std::size_t table = segments(file, 0xC4).at(0).first + 4;  // marker, length
  REQUIRE(refusal(file).empty());
  // Three codes of one bit; the number of symbols stays.
  int symbols = 0;
  for (std::size_t i = 1; i <= 16; ++i) {
    symbols += static_cast<unsigned char>(file[table + i]);
    file[table + i] = 0;
  }
  file[table + 1] = 3;
  file[table + 16] = static_cast<char>(symbols - 3);
  CHECK(refusal(file) == "test: JPEG: damaged Huffman table");
}

TEST_CASE("a few bytes cannot claim gigabytes") {
  CHECK(refusal(png(13000, 13000, 16, 6, "\0")).find("cannot hold 13000 x 13000") != std::string::npos);
  std::string gif = "GIF89a" + little_endian(13000, 2) + little_endian(13000, 2);
  gif +=
      std::string(3, '\0') + "," + std::string(4, '\0') + little_endian(13000, 2) + little_endian(13000, 2);
  CHECK(refusal(gif + std::string("\0\x02\x01\x04\0;", 6)).find("cannot hold") != std::string::npos);
}

TEST_CASE("BMP: 565, run lengths of 4 bits with a jump, and a palette of 12 byte headers") {
  using namespace std::string_literals;
  const std::string masks = little_endian(0xF800, 4) + little_endian(0x7E0, 4) + little_endian(0x1F, 4);
  CHECK(pixels(decode(bmp(1, 1, 16, 3, masks, "\x41\xF8\0\0"s))) == std::vector<int>{255, 8, 8});

  std::string palette;
  for (int i = 0; i < 16; ++i) palette += std::string(3, static_cast<char>(10 * i)) + '\0';
  // Rows from the bottom: a run of 3 of colours 1 2 1, then absolute 3 4 5, then a jump over one pixel up one
  // row.
  const std::string runs = "\x03\x12\0\x03\x34\x50\0\x02\0\x01\x01\x70\0\x01"s;
  const image i = decode(bmp(7, 2, 4, 2, palette, runs));
  CHECK(pixels(i) == std::vector<int>{0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,
                                      0,  0,  0,  0,  70, 70, 70, 10, 10, 10, 20, 20, 20, 10,
                                      10, 10, 30, 30, 30, 40, 40, 40, 50, 50, 50, 0,  0,  0});

  const std::string core = "BM" + little_endian(0, 8) + little_endian(26 + 6, 4) + little_endian(12, 4) +
                           little_endian(2, 2) + little_endian(1, 2) + little_endian(1, 2) +
                           little_endian(1, 2) + "\x01\x02\x03\x04\x05\x06" + "\x40\0\0\0"s;
  CHECK(pixels(decode(core)) == std::vector<int>{3, 2, 1, 6, 5, 4});
}

TEST_CASE("GIF: a frame past the canvas enlarges it, data that ends early is refused") {
  using namespace std::string_literals;
  const std::string head = "GIF89a\x01\0\x01\0\x80\0\0\x01\x02\x03\x04\x05\x06"s;
  const std::string frame = ",\x01\0\0\0\x01\0\x01\0\0"s;
  // codes of 3 bits: clear, 1, end
  const image i = decode(head + frame + "\x02\x02\x4c\x01\0;"s);
  CHECK(i.width() == 2);
  CHECK(i.height() == 1);
  CHECK(pixels(i) == std::vector<int>{1, 2, 3, 4, 5, 6});
  CHECK(refusal(head + frame + "\x02\x01\x2c\0;"s).find("ends before its last pixel") != std::string::npos);
}

TEST_CASE("inflate says whether a stream ended, was cut off, is broken or has more") {
  const std::string text = "abracadabra abracadabra abracadabra";
  std::string z = stored(text);
  const auto in = [](const std::string& s) {
    return std::span(reinterpret_cast<const std::uint8_t*>(s.data()), s.size());
  };
  std::vector<std::uint8_t> out(text.size());
  auto r = aisle::inflate_zlib(in(z), out);
  CHECK(r.status == aisle::inflate_status::complete);
  CHECK(std::string(out.begin(), out.end()) == text);
  CHECK(aisle::inflate_zlib(in(z.substr(0, 20)), out).status == aisle::inflate_status::truncated);
  CHECK(aisle::inflate_zlib(in(z), std::span(out).first(10)).status == aisle::inflate_status::full);
  z.back() = static_cast<char>(z.back() ^ 1);
  CHECK(aisle::inflate_zlib(in(z), out).status == aisle::inflate_status::broken);
  CHECK(aisle::inflate_zlib(in("\x79\x9c"), out).status == aisle::inflate_status::broken);

  // Python: zlib.compressobj(9, 8, 15, 8, zlib.Z_FIXED) of the same text: fixed codes and overlapping copies.
  const std::string fixed(
      "\x78\x01\x4b\x4c\x2a\x4a\x4c\x4e\x4c\x49\x04\x52\x0a\x89\xd8\xd9\x00\xee\x28\x0d\x3d", 21);
  r = aisle::inflate_zlib(in(fixed), out);
  CHECK(r.status == aisle::inflate_status::complete);
  CHECK(std::string(out.begin(), out.end()) == text);
}

TEST_CASE("cut and altered files are decoded or refused, never worse") {
  aisle::random_generator random(7);
  std::int64_t tried = 0, refused = 0;
  for (const auto& entry : std::filesystem::directory_iterator(support::data("image/files"))) {
    const std::string whole = aisle::read_file(entry.path().string());
    if (whole.empty() || whole.size() > 6000) continue;
    for (int k = 0; k < 12; ++k) {
      std::string bytes = whole;
      if (k < 4) bytes.resize(random.below(bytes.size()));
      for (std::uint64_t n = k < 4 ? 0 : 1 + random.below(4); n > 0; --n)
        bytes[random.below(bytes.size())] = static_cast<char>(random.below(256));
      try {
        const image i = decode(bytes);
        CHECK(i.rgb().size() ==
              static_cast<std::size_t>(i.width()) * static_cast<std::size_t>(i.height()) * 3);
      } catch (const aisle::format_error&) {
        ++refused;
      }
      ++tried;
    }
  }
  CHECK(tried > 1000);
  CHECK(refused > tried / 4);
}
