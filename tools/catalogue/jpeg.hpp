#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

// A baseline JPEG writer (ITU T.81) in integers alone: the distributions carry several versions of
// stb_image_write, whose floating-point transform is built with whatever flags they chose, and the
// catalogue's files are compared byte for byte.

namespace catalogue {

/// RGB bytes, `size` x `size` (a multiple of 16), to a JPEG file with 4:2:0 chroma; quality 1 to 100 as
/// libjpeg has it.
class jpeg_writer {
 public:
  static std::string encode(const std::vector<std::uint8_t>& rgb, int size, int quality) {
    return jpeg_writer(quality).run(rgb, size);
  }

 private:
  using block = std::array<std::int32_t, 64>;

  // Huffman tables of annex K: how many codes of each length, then the symbols.
  struct table_spec {
    std::array<std::uint8_t, 16> counts;
    std::vector<std::uint8_t> symbols;
  };
  struct code {
    std::uint32_t bits = 0;
    int length = 0;
  };

  static const table_spec& spec(int index) {
    static const std::array<table_spec, 4> specs = {{
        {{0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}},
        {{0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 0x7d},
         {0x01, 0x02, 0x03, 0x00, 0x04, 0x11, 0x05, 0x12, 0x21, 0x31, 0x41, 0x06, 0x13, 0x51, 0x61,
          0x07, 0x22, 0x71, 0x14, 0x32, 0x81, 0x91, 0xa1, 0x08, 0x23, 0x42, 0xb1, 0xc1, 0x15, 0x52,
          0xd1, 0xf0, 0x24, 0x33, 0x62, 0x72, 0x82, 0x09, 0x0a, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x25,
          0x26, 0x27, 0x28, 0x29, 0x2a, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3a, 0x43, 0x44, 0x45,
          0x46, 0x47, 0x48, 0x49, 0x4a, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5a, 0x63, 0x64,
          0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7a, 0x83,
          0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99,
          0x9a, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6,
          0xb7, 0xb8, 0xb9, 0xba, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xd2, 0xd3,
          0xd4, 0xd5, 0xd6, 0xd7, 0xd8, 0xd9, 0xda, 0xe1, 0xe2, 0xe3, 0xe4, 0xe5, 0xe6, 0xe7, 0xe8,
          0xe9, 0xea, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa}},
        {{0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}},
        {{0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 0x77},
         {0x00, 0x01, 0x02, 0x03, 0x11, 0x04, 0x05, 0x21, 0x31, 0x06, 0x12, 0x41, 0x51, 0x07, 0x61,
          0x71, 0x13, 0x22, 0x32, 0x81, 0x08, 0x14, 0x42, 0x91, 0xa1, 0xb1, 0xc1, 0x09, 0x23, 0x33,
          0x52, 0xf0, 0x15, 0x62, 0x72, 0xd1, 0x0a, 0x16, 0x24, 0x34, 0xe1, 0x25, 0xf1, 0x17, 0x18,
          0x19, 0x1a, 0x26, 0x27, 0x28, 0x29, 0x2a, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3a, 0x43, 0x44,
          0x45, 0x46, 0x47, 0x48, 0x49, 0x4a, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5a, 0x63,
          0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7a,
          0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97,
          0x98, 0x99, 0x9a, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xb2, 0xb3, 0xb4,
          0xb5, 0xb6, 0xb7, 0xb8, 0xb9, 0xba, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xca,
          0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8, 0xd9, 0xda, 0xe2, 0xe3, 0xe4, 0xe5, 0xe6, 0xe7,
          0xe8, 0xe9, 0xea, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa}},
    }};
    return specs[static_cast<std::size_t>(index)];
  }

  static constexpr std::array<std::uint8_t, 64> zigzag = {
      0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,  12, 19, 26, 33, 40, 48,
      41, 34, 27, 20, 13, 6,  7,  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23,
      30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63};
  static constexpr std::array<std::uint8_t, 128> base_quantiser = {
      16, 11,  10,  16, 24, 40, 51, 61, 12,  12,  14,  19,  26, 58, 60, 55,  14,  13,  16,  24, 40, 57,
      69, 56,  14,  17, 22, 29, 51, 87, 80,  62,  18,  22,  37, 56, 68, 109, 103, 77,  24,  35, 55, 64,
      81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98,  112, 100, 103, 99, 17, 18,
      24, 47,  99,  99, 99, 99, 18, 21, 26,  66,  99,  99,  99, 99, 24, 26,  56,  99,  99,  99, 99, 99,
      47, 66,  99,  99, 99, 99, 99, 99, 99,  99,  99,  99,  99, 99, 99, 99,  99,  99,  99,  99, 99, 99,
      99, 99,  99,  99, 99, 99, 99, 99, 99,  99,  99,  99,  99, 99, 99, 99,  99,  99};

  explicit jpeg_writer(int quality) {
    const int scale = quality < 50 ? 5000 / quality : 200 - 2 * quality;
    for (std::size_t i = 0; i < 128; ++i) {
      const int q = (base_quantiser[i] * scale + 50) / 100;
      quantiser_[i] = static_cast<std::uint8_t>(q < 1 ? 1 : q > 255 ? 255 : q);
    }
    for (int t = 0; t < 4; ++t) {
      std::uint32_t bits = 0;
      std::size_t next = 0;
      for (int length = 1; length <= 16; ++length, bits <<= 1)
        for (int k = 0; k < spec(t).counts[static_cast<std::size_t>(length - 1)]; ++k)
          codes_[static_cast<std::size_t>(t)][spec(t).symbols[next++]] = {bits++, length};
    }
  }

  std::string run(const std::vector<std::uint8_t>& rgb, int size) {
    header(size);
    const auto at = [&](int x, int y, int channel) {
      return static_cast<std::int32_t>(rgb[static_cast<std::size_t>((y * size + x) * 3 + channel)]);
    };
    // Rows of ITU-R BT.601 in 1/65536.
    static constexpr std::int32_t weights[3][3] = {
        {19595, 38470, 7471}, {-11059, -21709, 32768}, {32768, -27439, -5329}};
    const auto component = [&](int x, int y, int c) {
      return weights[c][0] * at(x, y, 0) + weights[c][1] * at(x, y, 1) + weights[c][2] * at(x, y, 2);
    };
    std::array<std::int32_t, 3> previous = {};
    block samples;
    for (int y = 0; y < size; y += 16)
      for (int x = 0; x < size; x += 16) {
        for (int part = 0; part < 4; ++part) {
          const int left = x + part % 2 * 8, top = y + part / 2 * 8;
          for (int i = 0; i < 64; ++i)
            samples[static_cast<std::size_t>(i)] =
                ((component(left + i % 8, top + i / 8, 0) + 32768) >> 16) - 128;
          write_block(samples, 0, previous[0]);
        }
        for (int c = 1; c < 3; ++c) {
          for (int i = 0; i < 64; ++i) {
            const int px = x + i % 8 * 2, py = y + i / 8 * 2;
            const std::int32_t sum = component(px, py, c) + component(px + 1, py, c) +
                                     component(px, py + 1, c) + component(px + 1, py + 1, c);
            samples[static_cast<std::size_t>(i)] = (sum + (1 << 17)) >> 18;
          }
          write_block(samples, 1, previous[static_cast<std::size_t>(c)]);
        }
      }
    put_bits(0x7F, 7);
    out_ += "\xFF\xD9";
    return out_;
  }

  void byte(int value) { out_.push_back(static_cast<char>(value & 0xFF)); }
  void word(int value) {
    byte(value >> 8);
    byte(value);
  }

  void header(int size) {
    out_ += "\xFF\xD8\xFF\xE0";
    word(16);
    out_.append("JFIF\0\1\1\0\0\1\0\1\0\0", 14);
    for (int t = 0; t < 2; ++t) {
      word(0xFFDB), word(67), byte(t);
      for (const std::uint8_t place : zigzag) byte(quantiser_[static_cast<std::size_t>(t * 64 + place)]);
    }
    word(0xFFC0), word(17), byte(8), word(size), word(size), byte(3);
    byte(1), byte(0x22), byte(0), byte(2), byte(0x11), byte(1), byte(3), byte(0x11), byte(1);
    for (int t = 0; t < 4; ++t) {
      word(0xFFC4), word(19 + static_cast<int>(spec(t).symbols.size()));
      byte((t % 2) << 4 | t / 2);
      for (const std::uint8_t n : spec(t).counts) byte(n);
      for (const std::uint8_t s : spec(t).symbols) byte(s);
    }
    word(0xFFDA), word(12), byte(3), byte(1), byte(0), byte(2), byte(0x11), byte(3), byte(0x11);
    byte(0), byte(63), byte(0);
  }

  /// The orthonormal 8 x 8 cosine transform, by its definition, with the cosines in 1/32768.
  static block transform(const block& in) {
    static constexpr std::int32_t c[8] = {11585, 16069, 15137, 13623, 11585, 9102, 6270, 3196};
    static constexpr auto basis = [](int u, int x) {
      const int k = (2 * x + 1) * u % 32, angle = k > 16 ? 32 - k : k;  // of the cosine, in pi / 16
      return u == 0 ? c[0] : angle < 8 ? c[angle] : angle == 8 ? 0 : -c[16 - angle];
    };
    std::array<std::int64_t, 64> rows{};
    block out{};
    for (int y = 0; y < 8; ++y)
      for (int u = 0; u < 8; ++u)
        for (int x = 0; x < 8; ++x)
          rows[static_cast<std::size_t>(y * 8 + u)] += in[static_cast<std::size_t>(y * 8 + x)] * basis(u, x);
    for (int v = 0; v < 8; ++v)
      for (int u = 0; u < 8; ++u) {
        std::int64_t sum = 0;
        for (int y = 0; y < 8; ++y) sum += rows[static_cast<std::size_t>(y * 8 + u)] * basis(v, y);
        out[static_cast<std::size_t>(v * 8 + u)] =
            static_cast<std::int32_t>(sum >> 20);  // leaves 10 binary places
      }
    return out;
  }

  void write_block(const block& samples, int table, std::int32_t& previous) {
    const block spectrum = transform(samples);
    std::array<std::int32_t, 64> q{};
    for (std::size_t i = 0; i < 64; ++i) {
      const std::size_t place = zigzag[i];
      const std::int32_t step = quantiser_[static_cast<std::size_t>(table) * 64 + place] * 1024;
      const std::int32_t value = spectrum[place];
      q[i] = value >= 0 ? (value + step / 2) / step : -((-value + step / 2) / step);
    }
    const std::int32_t difference = q[0] - previous;
    previous = q[0];
    put_value(table * 2, 0, difference);
    int zeros = 0;
    for (std::size_t i = 1; i < 64; ++i) {
      if (q[i] == 0) {
        ++zeros;
        continue;
      }
      for (; zeros > 15; zeros -= 16) put_code(table * 2 + 1, 0xF0);
      put_value(table * 2 + 1, zeros, q[i]);
      zeros = 0;
    }
    if (zeros > 0) put_code(table * 2 + 1, 0);
  }

  void put_code(int table, int symbol) {
    const code& c = codes_[static_cast<std::size_t>(table)][static_cast<std::size_t>(symbol)];
    put_bits(c.bits, c.length);
  }
  void put_value(int table, int zeros, std::int32_t value) {
    int length = 0;
    for (std::int32_t m = value < 0 ? -value : value; m != 0; m >>= 1) ++length;
    put_code(table, zeros << 4 | length);
    const std::int32_t bits = value < 0 ? value + (std::int32_t{1} << length) - 1 : value;
    put_bits(static_cast<std::uint32_t>(bits), length);
  }
  void put_bits(std::uint32_t bits, int length) {
    for (int i = length - 1; i >= 0; --i) {
      pending_ = pending_ << 1 | (bits >> i & 1u);
      if (++pending_length_ < 8) continue;
      byte(static_cast<int>(pending_));
      if (pending_ == 0xFF) byte(0);
      pending_ = 0;
      pending_length_ = 0;
    }
  }

  std::array<std::uint8_t, 128> quantiser_{};
  std::array<std::array<code, 256>, 4> codes_{};
  std::string out_;
  std::uint32_t pending_ = 0;
  int pending_length_ = 0;
};

}  // namespace catalogue
