#pragma once

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include <aisle/base/ascii.hpp>
#include <aisle/base/counted.hpp>
#include <aisle/base/process.hpp>
#include <aisle/image/decode.hpp>
#include <aisle/io/inflate.hpp>
#include <aisle/image/png.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

class png_decoder {
 public:
  png_decoder(std::span<const std::byte> bytes, std::string_view where)
      : file_(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()), where_(where) {}

  image run() {
    read_chunks();
    if (!has_header_) fail("no IHDR chunk before the end of the file");
    if (data_.empty()) fail("no image data (IDAT)");
    return decode();
  }

 private:
  struct chunk {
    std::string_view type;
    std::span<const std::uint8_t> content;
    bool whole;  ///< false: the file ends inside it
  };

  [[noreturn]] void fail(const std::string& what) const {
    throw format_error(std::string(where_), "PNG: " + what);
  }

  static std::uint32_t big_endian(const std::uint8_t* p) noexcept {
    return static_cast<std::uint32_t>(p[0]) << 24 | static_cast<std::uint32_t>(p[1]) << 16 |
           static_cast<std::uint32_t>(p[2]) << 8 | p[3];
  }

  /// The chunk at at_; false at the end of the file.
  bool next(chunk& c) {
    if (file_.size() - at_ < 8) return false;
    const std::uint8_t* p = file_.data() + at_;
    const std::size_t length = big_endian(p), left = file_.size() - at_ - 8;
    c.type = {reinterpret_cast<const char*>(p + 4), 4};
    c.content = {p + 8, std::min(length, left)};
    c.whole = left >= length + 4;
    at_ += 8 + std::min(left, length + 4);
    return true;
  }
  /// Checksum of a whole chunk: over its type and content.
  static bool checksum_right(const chunk& c) {
    const std::uint8_t* content = c.content.data();
    return crc32({content - 4, c.content.size() + 4}) == big_endian(content + c.content.size());
  }

  /// Header, palette and image data. As in Pillow, the checksum of image data is not looked at, and what
  /// follows the data does not matter.
  void read_chunks() {
    at_ = 8;
    chunk c;
    while (next(c) && c.type != "IEND") {
      if (c.type == "IDAT") return read_data(c);
      const auto is_name = [](char x) { return ascii::is_letter(x) || ascii::is_digit(x) || x == '_'; };
      const auto offset = c.content.data() - file_.data() - 8;
      if (!std::all_of(c.type.begin(), c.type.end(), is_name))
        fail("a damaged chunk name at byte " + std::to_string(offset));
      const std::string name = "chunk " + std::string(c.type) + " at byte " + std::to_string(offset);
      if (!c.whole) fail("cut off inside " + name);
      if (!checksum_right(c)) fail("wrong checksum of " + name);
      if (c.type == "IHDR") read_header(c.content);
      if (c.type == "PLTE") read_palette(c.content);
    }
  }

  void read_header(std::span<const std::uint8_t> h) {
    if (h.size() < 13) fail("a header of " + counted(h.size(), "byte") + ", expected 13");
    width_ = big_endian(h.data());
    height_ = big_endian(h.data() + 4);
    depth_ = h[8];
    colour_type_ = h[9];
    // Compression method and unknown interlace methods are not checked: Pillow takes any.
    if (h[11] != 0) fail("unknown filter method " + std::to_string(h[11]));
    interlaced_ = h[12] != 0;
    check_image_size(width_, height_, where_);
    static constexpr int channels_of[7] = {1, 0, 3, 1, 2, 0, 4};
    const bool known =
        colour_type_ <= 6 && channels_of[colour_type_] != 0 &&
        (depth_ == 8 || (depth_ == 16 && colour_type_ != 3) ||
         ((depth_ == 1 || depth_ == 2 || depth_ == 4) && (colour_type_ == 0 || colour_type_ == 3)));
    if (!known)
      fail("colour type " + std::to_string(colour_type_) + " with " + counted(depth_, "bit") +
           ", which the format does not have");
    channels_ = channels_of[colour_type_];
    has_header_ = true;
  }

  void read_palette(std::span<const std::uint8_t> p) {
    if (colour_type_ != 3) return;  // a suggestion only
    if (p.size() / 3 > 256)
      fail("a palette of " + std::to_string(p.size() / 3) + " colours, expected at most 256");
    palette_.fill(0);  // an index past the end is black
    std::copy_n(p.begin(), p.size() / 3 * 3, palette_.begin());
  }

  /// All consecutive IDAT chunks as one stream; in place where there is only one.
  void read_data(chunk c) {
    data_ = c.content;
    bool joined = false;
    while (next(c) && c.type == "IDAT") {
      if (!joined) joined_.assign(data_.begin(), data_.end());
      joined = true;
      joined_.insert(joined_.end(), c.content.begin(), c.content.end());
    }
    if (joined) data_ = joined_;
  }

  struct pass {
    std::size_t x0, y0, dx, dy, columns, rows;
  };
  /// The seven passes of Adam7 that are not empty, or the whole picture as one.
  std::vector<pass> passes() const {
    const std::size_t w = width_, h = height_;
    if (!interlaced_) return {{0, 0, 1, 1, w, h}};
    static constexpr std::size_t adam7[7][4] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
                                                {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};
    std::vector<pass> out;
    for (const auto& a : adam7)
      if (w > a[0] && h > a[1])
        out.push_back({a[0], a[1], a[2], a[3], (w - a[0] + a[2] - 1) / a[2], (h - a[1] + a[3] - 1) / a[3]});
    return out;
  }
  std::size_t row_bytes(const pass& p) const {
    return (p.columns * static_cast<std::size_t>(channels_ * depth_) + 7) / 8;
  }

  image decode() {
    const auto all = passes();
    std::size_t size = 0;
    for (const pass& p : all) size += p.rows * (1 + row_bytes(p));
    // Deflate packs at most 1032 bytes into one, so a few bytes cannot claim gigabytes.
    if (size / 1040 > data_.size())
      fail("cut off: " + counted(data_.size(), "byte") + " of image data cannot hold " +
           std::to_string(width_) + " x " + std::to_string(height_) + " pixels");
    buffer<std::uint8_t> raw(size);
    const inflate_result r = inflate_zlib(data_, raw);
    if (r.status == inflate_status::broken) fail("damaged image data (zlib stream)");
    if (r.status == inflate_status::truncated && r.written < size)
      fail("cut off: " + std::to_string(r.written) + " of " + counted(size, "byte") + " of image data");

    image out(static_cast<int>(width_), static_cast<int>(height_));
    std::uint8_t* at = raw.data();
    std::size_t left = r.written;
    bool short_of_data = false;
    const buffer<std::uint8_t> nothing(row_bytes(all.front()) + row_bytes(all.back()) + width_ * 8, 0);
    for (const pass& p : all) {
      const std::size_t n = row_bytes(p);
      const std::uint8_t* above = nothing.data();
      for (std::size_t y = 0; y < p.rows; ++y) {
        throw_if_interrupted();
        short_of_data = short_of_data || left < 1 + n;
        if (!short_of_data) {
          unfilter(*at, at + 1, above, n);
          above = at + 1;
          at += 1 + n;
          left -= 1 + n;
        }
        std::uint8_t* row = out.row(static_cast<int>(p.y0 + y * p.dy)).data() + p.x0 * 3;
        expand(short_of_data ? nothing.data() : above, p.columns, row, p.dx * 3);
      }
    }
    return out;
  }

  void unfilter(int filter, std::uint8_t* x, const std::uint8_t* above, std::size_t n) const {
    if (filter > 4) fail("unknown row filter " + std::to_string(filter));
    switch (std::max(1, channels_ * depth_ / 8)) {  // bytes from a sample to the same one of the next pixel
      case 1:
        return unfilter_by<1>(filter, x, above, n);
      case 2:
        return unfilter_by<2>(filter, x, above, n);
      case 3:
        return unfilter_by<3>(filter, x, above, n);
      case 4:
        return unfilter_by<4>(filter, x, above, n);
      case 6:
        return unfilter_by<6>(filter, x, above, n);
      default:
        return unfilter_by<8>(filter, x, above, n);
    }
  }
  template <std::size_t Step>
  static void unfilter_by(int filter, std::uint8_t* x, const std::uint8_t* above, std::size_t n) noexcept {
    if (filter == 1) predict<Step>(x, above, n, [](int a, int, int) { return a; });
    if (filter == 2)
      for (std::size_t i = 0; i < n; ++i) x[i] = static_cast<std::uint8_t>(x[i] + above[i]);
    if (filter == 3) predict<Step>(x, above, n, [](int a, int b, int) { return (a + b) / 2; });
    if (filter == 4)
      predict<Step>(x, above, n, [](int a, int b, int c) {
        const int pa = std::abs(b - c), pb = std::abs(a - c), pc = std::abs(a + b - 2 * c);
        return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
      });
  }
  /// Adds to each byte what `from` makes of the ones to its left, above, and above left. Those to the left
  /// stay in registers; n is a multiple of Step.
  template <std::size_t Step, class From>
  static void predict(std::uint8_t* x, const std::uint8_t* above, std::size_t n, From from) noexcept {
    int a[Step] = {}, c[Step] = {};
    for (std::size_t i = 0; i < n; i += Step)
      for (std::size_t k = 0; k < Step; ++k) {
        const int b = above[i + k];
        a[k] = (x[i + k] + from(a[k], b, c[k])) & 255;
        c[k] = b;
        x[i + k] = static_cast<std::uint8_t>(a[k]);
      }
  }

  /// One row of `columns` pixels to RGB, `step` bytes from pixel to pixel.
  void expand(const std::uint8_t* from, std::size_t columns, std::uint8_t* to, std::size_t step) const {
    const auto grey = [](std::uint8_t* p, std::uint8_t v) { p[0] = p[1] = p[2] = v; };
    const auto depth = static_cast<std::size_t>(depth_);
    if (depth <= 8 && channels_ == 1) {  // grey or palette
      const unsigned mask = (1u << depth) - 1;
      const unsigned scale = 255 / mask;
      for (std::size_t x = 0; x < columns; ++x, to += step) {
        const std::size_t bit = x * depth;
        const unsigned v = from[bit / 8] >> (8 - depth - bit % 8) & mask;
        if (colour_type_ == 3)
          std::memcpy(to, palette_.data() + std::size_t{3} * v, 3);
        else
          grey(to, static_cast<std::uint8_t>(v * scale));
      }
      return;
    }
    const std::size_t size = depth / 8, pixel = size * static_cast<std::size_t>(channels_);
    if (channels_ == 1)  // 16 bit grey is clipped, not scaled: Pillow's mode I;16 to RGB
      for (std::size_t x = 0; x < columns; ++x, to += step, from += pixel)
        grey(to, from[0] != 0 ? 255 : from[1]);
    else if (channels_ == 2)
      for (std::size_t x = 0; x < columns; ++x, to += step, from += pixel) grey(to, from[0]);
    else if (pixel == 3 && step == 3)
      std::memcpy(to, from, columns * 3);
    else
      for (std::size_t x = 0; x < columns; ++x, to += step, from += pixel)
        for (std::size_t c = 0; c < 3; ++c) to[c] = from[c * size];
  }

  std::span<const std::uint8_t> file_;
  std::string_view where_;
  std::size_t at_ = 0;
  bool has_header_ = false, interlaced_ = false;
  std::uint32_t width_ = 0, height_ = 0;
  int depth_ = 0, colour_type_ = 0, channels_ = 0;
  std::array<std::uint8_t, 768> palette_{};
  std::span<const std::uint8_t> data_;
  std::vector<std::uint8_t> joined_;
};

}  // namespace detail

AISLE_API image decode_png(std::span<const std::byte> bytes, std::string_view where) {
  return detail::png_decoder(bytes, where).run();
}

AISLE_NAMESPACE_END
