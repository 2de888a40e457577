#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <string>
#include <vector>

#include <aisle/base/counted.hpp>
#include <aisle/base/process.hpp>
#include <aisle/image/bmp.hpp>
#include <aisle/image/decode.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

class bmp_decoder {
 public:
  bmp_decoder(std::span<const std::byte> bytes, std::string_view where)
      : file_(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()), where_(where) {}

  image run() {
    read_header();
    check_image_size(width_, height_, where_);
    // Without runs the rows are looked for before any memory is taken; a run of 255 pixels has two bytes, and
    // pixels that are passed over none.
    if (compression_ == 1 || compression_ == 2)
      check_image_data(width_, height_, file_.size(), 16384, where_);
    else
      at(offset_, stride() * (height_ - 1) + row_bytes());
    if (bits_ <= 8) read_palette();
    if (compression_ == 3) read_masks();
    image out(static_cast<int>(width_), static_cast<int>(height_));
    if (compression_ == 1 || compression_ == 2)
      decode_runs(out);
    else
      decode_rows(out);
    return out;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw format_error(std::string(where_), "BMP: " + what);
  }

  const std::uint8_t* at(std::uint64_t offset, std::uint64_t size) const {
    if (offset > file_.size() || file_.size() - offset < size)
      fail("cut off: " + counted(file_.size(), "byte") + ", expected at least " +
           std::to_string(offset + size));
    return file_.data() + offset;
  }
  std::uint32_t word(std::uint64_t offset) const {
    const std::uint8_t* p = at(offset, 2);
    return p[0] | static_cast<std::uint32_t>(p[1]) << 8;
  }
  std::uint32_t dword(std::uint64_t offset) const { return word(offset) | word(offset + 2) << 16; }

  void read_header() {
    offset_ = dword(10);
    header_ = dword(14);
    at(14, header_);
    if (header_ == 12) {
      width_ = word(18);
      height_ = word(20);
      bits_ = word(24);
      colour_size_ = 3;
    } else if (header_ >= 40) {
      width_ = dword(18);
      height_ = dword(22);
      top_down_ = (height_ >> 24) == 0xFF;
      if (top_down_) height_ = 0u - height_;
      bits_ = word(28);
      compression_ = dword(30);
      colours_ = dword(46);
    } else {
      fail("a header of " + counted(header_, "byte") + ", expected 12 or 40 to 124");
    }
    if (bits_ != 1 && bits_ != 4 && bits_ != 8 && bits_ != 16 && bits_ != 24 && bits_ != 32)
      fail(counted(bits_, "bit") + " a pixel, expected 1, 4, 8, 16, 24 or 32");
    const bool fits = compression_ == 0 || (compression_ == 1 && bits_ == 8) ||
                      (compression_ == 2 && bits_ == 4) || (compression_ == 3 && bits_ >= 16);
    if (!fits)
      fail("compression " + std::to_string(compression_) + " with " + counted(bits_, "bit") +
           " a pixel is not supported");
    if (colours_ == 0 && bits_ <= 8) colours_ = 1u << bits_;
    if (offset_ == 14 + header_ && bits_ <= 8)
      offset_ += 4 * std::uint64_t{colours_};  // as Pillow reads such files
  }

  void read_palette() {
    if (colours_ > 65536) fail("a palette of " + std::to_string(colours_) + " colours");
    const std::uint8_t* p = at(14 + std::uint64_t{header_}, std::uint64_t{colours_} * colour_size_);
    const std::uint32_t n = std::min<std::uint32_t>(colours_, 256);
    bool grey_ramp = colours_ != 2;
    for (std::uint32_t i = 0; i < n; ++i, p += colour_size_) {
      palette_[i] = {p[2], p[1], p[0]};
      grey_ramp = grey_ramp && p[0] == i && p[1] == i && p[2] == i;
    }
    // Pillow opens a palette 0, 1, 2, … as grey, where an index past its end is no longer black.
    if (grey_ramp)
      for (std::uint32_t i = n; i < 256; ++i) palette_[i].fill(static_cast<std::uint8_t>(i));
  }

  void read_masks() {
    // Larger headers hold the masks; after a BITMAPINFOHEADER they follow. Both are at the same offset.
    bool any = false;
    for (std::size_t c = 0; c < 3; ++c) {
      masks_[c] = dword(54 + 4 * c);
      any = any || masks_[c] != 0;
    }
    if (!any) masks_ = bits_ == 16 ? masks_555 : masks_888;
  }

  void decode_rows(image& out) {
    if (bits_ == 16 && compression_ == 0) masks_ = masks_555;
    const bool masked = bits_ == 16 || (compression_ == 3 && masks_ != masks_888);
    for (std::uint32_t y = 0; y < height_; ++y) {
      throw_if_interrupted();
      const std::uint8_t* from = file_.data() + offset_ + stride() * y;
      std::uint8_t* to = row(out, y);
      if (bits_ <= 8) {
        const unsigned mask = (1u << bits_) - 1;
        for (std::uint32_t x = 0; x < width_; ++x, to += 3) {
          const std::uint64_t bit = std::uint64_t{x} * bits_;
          put(to, from[bit / 8] >> (8 - bits_ - bit % 8) & mask);
        }
      } else if (masked) {
        for (std::uint32_t x = 0; x < width_; ++x, to += 3, from += bits_ / 8) put_masked(to, from);
      } else {
        for (std::uint32_t x = 0; x < width_; ++x, to += 3, from += bits_ / 8) {
          to[0] = from[2];
          to[1] = from[1];
          to[2] = from[0];
        }
      }
    }
  }

  /// RLE8 and RLE4. What the runs do not reach is colour 0.
  void decode_runs(image& out) {
    std::vector<std::uint8_t> indices(static_cast<std::size_t>(width_) * height_, 0);
    const bool nibbles = compression_ == 2;
    std::size_t x = 0, y = 0;
    std::uint64_t from = offset_;
    const auto add = [&](unsigned index) {  // what does not fit the row is dropped
      if (x < width_) indices[y * width_ + x++] = static_cast<std::uint8_t>(index);
    };
    const auto nibble = [](unsigned b, unsigned i) { return i % 2 == 0 ? b >> 4 : b & 15; };
    while (y < height_) {
      if (y + 1 == height_ && x == width_) break;
      const std::uint8_t* p = at(from, 2);
      const unsigned count = p[0], value = p[1];
      from += 2;
      if (count > 0) {
        for (unsigned i = 0; i < count; ++i) add(nibbles ? nibble(value, i) : value);
      } else if (value == 0) {
        x = 0;
        ++y;
      } else if (value == 1) {
        break;
      } else if (value == 2) {
        p = at(from, 2);
        from += 2;
        x = std::min<std::size_t>(x + p[0], width_);
        y += p[1];
      } else {
        const unsigned size = nibbles ? (value + 1) / 2 : value;
        p = at(from, size);
        for (unsigned i = 0; i < value; ++i) add(nibbles ? nibble(p[i / 2], i) : p[i]);
        from += size + size % 2;
      }
    }
    for (std::uint32_t r = 0; r < height_; ++r) {
      std::uint8_t* to = row(out, r);
      for (std::size_t i = 0; i < width_; ++i, to += 3) put(to, indices[std::size_t{r} * width_ + i]);
    }
  }

  std::uint64_t stride() const noexcept { return (std::uint64_t{width_} * bits_ + 31) / 32 * 4; }
  std::uint64_t row_bytes() const noexcept { return (std::uint64_t{width_} * bits_ + 7) / 8; }
  std::uint8_t* row(image& out, std::uint32_t y) const {
    return out.row(static_cast<int>(top_down_ ? y : height_ - 1 - y)).data();
  }
  void put(std::uint8_t* to, unsigned index) const { std::copy_n(palette_[index].data(), 3, to); }
  void put_masked(std::uint8_t* to, const std::uint8_t* from) const {
    std::uint32_t v = 0;
    for (std::uint32_t i = 0; i < bits_ / 8; ++i) v |= static_cast<std::uint32_t>(from[i]) << (8 * i);
    for (std::size_t c = 0; c < 3; ++c) {
      const int shift = std::countr_zero(masks_[c]);
      if (masks_[c] == 0) {
        to[c] = 0;
        continue;
      }
      const std::uint64_t largest = masks_[c] >> shift, value = (v & masks_[c]) >> shift;
      to[c] = static_cast<std::uint8_t>(value * 255 / largest);
    }
  }

  static constexpr std::array<std::uint32_t, 3> masks_555 = {0x7C00, 0x3E0, 0x1F};
  static constexpr std::array<std::uint32_t, 3> masks_888 = {0xFF0000, 0xFF00, 0xFF};

  std::span<const std::uint8_t> file_;
  std::string_view where_;
  std::uint64_t offset_ = 0;
  std::uint32_t header_ = 0, width_ = 0, height_ = 0, bits_ = 0, compression_ = 0, colours_ = 0,
                colour_size_ = 4;
  bool top_down_ = false;
  std::array<std::array<std::uint8_t, 3>, 256> palette_{};
  std::array<std::uint32_t, 3> masks_ = masks_888;
};

}  // namespace detail

AISLE_API image decode_bmp(std::span<const std::byte> bytes, std::string_view where) {
  return detail::bmp_decoder(bytes, where).run();
}

AISLE_NAMESPACE_END
