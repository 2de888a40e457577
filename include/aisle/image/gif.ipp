#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <aisle/base/counted.hpp>
#include <aisle/base/process.hpp>
#include <aisle/image/decode.hpp>
#include <aisle/image/gif.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

class gif_decoder {
 public:
  gif_decoder(std::span<const std::byte> bytes, std::string_view where)
      : file_(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()), where_(where) {}

  image run() {
    at_ = 6;
    width_ = word();
    height_ = word();
    const unsigned flags = byte();
    at_ += 2;  // background index and aspect ratio, which Pillow ignores too
    if ((flags & 128) != 0) read_palette(flags);
    find_frame();
    return decode_frame();
  }

 private:
  using palette = std::array<std::uint8_t, 768>;

  [[noreturn]] void fail(const std::string& what) const {
    throw format_error(std::string(where_), "GIF: " + what);
  }

  unsigned byte() {
    if (at_ >= file_.size()) fail("cut off after " + counted(file_.size(), "byte"));
    return file_[at_++];
  }
  unsigned word() {
    const unsigned low = byte();
    return low | byte() << 8;
  }

  void read_palette(unsigned flags) {
    palette_.fill(0);  // an index past the end is black
    const std::size_t size = std::size_t{3} << ((flags & 7) + 1);
    for (std::size_t i = 0; i < size; ++i) palette_[i] = static_cast<std::uint8_t>(byte());
    has_palette_ = true;
  }

  void skip_blocks() {
    while (const unsigned n = byte()) at_ += n;
  }

  /// Reads up to the first frame's descriptor.
  void find_frame() {
    for (;;) {
      if (at_ >= file_.size()) fail("no frame before the end of the file");
      const unsigned kind = byte();
      if (kind == ';') fail("no frame before the end of the file");
      if (kind == ',') break;
      if (kind != '!') continue;
      if (byte() == 0xF9) {  // graphic control extension
        const unsigned n = byte();
        const std::size_t start = at_;
        if (n >= 4) {
          const unsigned flags = byte();
          at_ += 2;
          const unsigned index = byte();
          if ((flags & 1) != 0) background_ = static_cast<std::uint8_t>(index);
        }
        at_ = start + n;
        if (n == 0) continue;
      }
      skip_blocks();
    }
    left_ = word();
    top_ = word();
    columns_ = word();
    rows_ = word();
    const unsigned flags = byte();
    interlaced_ = (flags & 64) != 0;
    // A frame that reaches past the canvas enlarges it.
    width_ = std::max(width_, left_ + columns_);
    height_ = std::max(height_, top_ + rows_);
    check_image_size(width_, height_, where_);
    check_image_data(width_, height_, file_.size(), 16384, where_);  // LZW, as below: the canvas, too
    if ((flags & 128) != 0) read_palette(flags);
    if (!has_palette_)
      for (std::size_t i = 0; i < 256; ++i)
        palette_[3 * i] = palette_[3 * i + 1] = palette_[3 * i + 2] = static_cast<std::uint8_t>(i);
  }

  image decode_frame() {
    const std::size_t count = static_cast<std::size_t>(columns_) * rows_;
    // LZW makes at most 4096 indices of one code of 3 bits or more.
    if (count / 16384 > file_.size()) fail("cut off: too few bytes for the frame");
    std::vector<std::uint8_t> indices(count);
    if (count > 0) decode_lzw(indices);

    image out(static_cast<int>(width_), static_cast<int>(height_));
    const std::uint8_t* bare = palette_.data() + std::size_t{3} * background_;
    for (std::size_t i = 0; i < out.rgb().size(); i += 3) std::copy_n(bare, 3, out.rgb().data() + i);
    const std::uint8_t* from = indices.data();
    const auto put_row = [&](unsigned y) {
      std::uint8_t* to = out.row(static_cast<int>(top_ + y)).data() + std::size_t{3} * left_;
      for (unsigned x = 0; x < columns_; ++x, to += 3)
        std::copy_n(palette_.data() + std::size_t{3} * *from++, 3, to);
    };
    if (!interlaced_)
      for (unsigned y = 0; y < rows_; ++y) put_row(y);
    else
      for (const auto& [first, step] : {std::pair{0u, 8u}, {4u, 8u}, {2u, 4u}, {1u, 2u}})
        for (unsigned y = first; y < rows_; y += step) put_row(y);
    return out;
  }

  /// Codes of the data blocks, least significant bit first.
  unsigned code(unsigned size) {
    while (bit_count_ < size) {
      while (block_left_ == 0)
        if ((block_left_ = byte()) == 0) fail("the frame's data ends before its last pixel");
      bits_ |= byte() << bit_count_;
      bit_count_ += 8;
      --block_left_;
    }
    const unsigned value = bits_ & ((1u << size) - 1);
    bits_ >>= size;
    bit_count_ -= size;
    return value;
  }

  void decode_lzw(std::span<std::uint8_t> out) {
    const unsigned minimum = byte();
    if (minimum < 1 || minimum > 11) fail("an initial code size of " + counted(minimum, "bit"));
    const unsigned clear = 1u << minimum, end = clear + 1;
    // Entry c stands for `length` indices that lie in the output already, from `start`: no tree to walk.
    struct entry {
      std::size_t start, length;
    };
    std::vector<entry> table(4096);
    unsigned next = clear + 2, size = minimum + 1;
    bool fresh = true;
    entry last{};
    for (std::size_t done = 0, look_up_at = 0; done < out.size();) {
      if (done >= look_up_at) {
        throw_if_interrupted();
        look_up_at = done + (std::size_t{1} << 20);
      }
      const unsigned c = code(size);
      if (c == clear) {
        next = clear + 2;
        size = minimum + 1;
        fresh = true;
        continue;
      }
      if (c == end) fail("the frame's data ends before its last pixel");
      if (fresh ? c > clear : c > next) fail("damaged data (LZW code " + std::to_string(c) + ")");
      const std::size_t start = done;
      std::size_t length = 1;
      if (c < clear) {
        out[done++] = static_cast<std::uint8_t>(c);
      } else {
        // The code about to be defined is the last string and its own first index.
        const bool itself = c == next;
        const entry e = itself ? entry{last.start, last.length + 1} : table[c];
        length = e.length;
        const std::size_t n = std::min(length, out.size() - done);
        for (std::size_t i = 0; i < n; ++i) out[done + i] = out[e.start + i];
        done += n;
      }
      if (!fresh && next < 4096) {
        table[next] = {last.start, last.length + 1};
        if (next == (1u << size) - 1 && size < 12) ++size;
        ++next;
      }
      last = {start, length};
      fresh = false;
    }
  }

  std::span<const std::uint8_t> file_;
  std::string_view where_;
  std::size_t at_ = 0;
  unsigned width_ = 0, height_ = 0, left_ = 0, top_ = 0, columns_ = 0, rows_ = 0;
  bool interlaced_ = false, has_palette_ = false;
  std::uint8_t background_ = 0;
  palette palette_{};
  unsigned bits_ = 0, bit_count_ = 0, block_left_ = 0;
};

}  // namespace detail

AISLE_API image decode_gif(std::span<const std::byte> bytes, std::string_view where) {
  return detail::gif_decoder(bytes, where).run();
}

AISLE_NAMESPACE_END
