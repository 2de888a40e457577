#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <functional>
#include <stdexcept>
#include <utility>

#include <aisle/base/process.hpp>
#include <aisle/io/inflate.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// A canonical Huffman code: codes of up to `fast_bits` by one look-up, longer ones bit by bit.
class huffman_code {
 public:
  static constexpr int fast_bits = 10;
  static constexpr int max_bits = 15;

  /// `lengths[symbol]` is the code length, 0 for a symbol without code. False unless the code is complete; as
  /// in zlib a single code of one bit, or none at all, is let pass where `may_be_incomplete`.
  bool build(std::span<const std::uint8_t> lengths, bool may_be_incomplete) {
    count_.fill(0);
    for (const std::uint8_t n : lengths) ++count_[n];
    count_[0] = 0;
    int left = 1, codes = 0;
    for (std::size_t n = 1; n <= max_bits; ++n) {
      left = 2 * left - count_[n];
      codes += count_[n];
      if (left < 0) return false;
    }
    if (left > 0 && !(may_be_incomplete && (codes == 0 || (codes == 1 && count_[1] == 1)))) return false;

    std::array<std::uint16_t, max_bits + 2> offset{}, next{};
    for (std::size_t n = 1; n <= max_bits; ++n) {
      offset[n + 1] = static_cast<std::uint16_t>(offset[n] + count_[n]);
      next[n + 1] = static_cast<std::uint16_t>((next[n] + count_[n]) << 1);
    }
    fast_.fill(0);
    for (std::size_t symbol = 0; symbol < lengths.size(); ++symbol) {
      const std::size_t n = lengths[symbol];
      if (n == 0) continue;
      symbols_[offset[n]++] = static_cast<std::uint16_t>(symbol);
      std::uint32_t code = next[n]++;
      if (n > fast_bits) continue;
      std::uint32_t reversed = 0;  // codes are packed starting with their most significant bit
      for (std::size_t i = 0; i < n; ++i, code >>= 1) reversed = reversed << 1 | (code & 1);
      for (std::size_t i = reversed; i < fast_.size(); i += std::size_t{1} << n)
        fast_[i] = static_cast<std::uint16_t>(symbol << 4 | n);
    }
    return true;
  }

  /// symbol << 4 | length of the code that `bits` begin with; 0 where it is longer than fast_bits, or none.
  std::uint32_t fast(std::uint64_t bits) const noexcept { return fast_[bits & ((1u << fast_bits) - 1)]; }

  /// The symbol that `bits` begin with and its length; length 0 where they are no code.
  struct match {
    std::uint32_t symbol;
    std::uint32_t length;
  };
  match find(std::uint64_t bits) const noexcept {
    const std::uint32_t entry = fast(bits);
    if (entry != 0) return {entry >> 4, entry & 15};
    int code = 0, first = 0, index = 0;
    for (std::uint32_t n = 1; n <= max_bits; ++n, bits >>= 1) {
      code |= static_cast<int>(bits & 1);
      const int count = count_[n];
      if (code - count < first) return {symbols_[static_cast<std::size_t>(index + code - first)], n};
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    return {0, 0};
  }

 private:
  std::array<std::uint16_t, std::size_t{1} << fast_bits> fast_{};
  std::array<std::uint16_t, max_bits + 1> count_{};
  std::array<std::uint16_t, 288> symbols_{};
};

class inflater {
 public:
  /// `grow`, where there is one, makes the output larger when it is full: it moves what was written and
  /// returns all of the new room, or no more than there was.
  using grow_function = std::function<std::span<std::uint8_t>()>;
  inflater(std::span<const std::uint8_t> in, std::span<std::uint8_t> out, grow_function grow = {})
      : in_(in), out_(out), grow_(std::move(grow)) {}

  inflate_result run_zlib() { return result(stream()); }
  inflate_result run_deflate() {
    const inflate_status reached = blocks();
    drop(available_ & 7);
    return result(reached);
  }

 private:
  using status = inflate_status;

  inflate_result result(status reached) const { return {reached, written_, at_ - available_ / 8}; }
  bool has_room() {
    if (written_ == out_.size() && grow_) out_ = grow_();
    return written_ < out_.size();
  }

  /// At least 56 bits in the buffer, or all that are left.
  void refill() noexcept {
    if constexpr (std::endian::native == std::endian::little) {
      if (at_ + 8 <= in_.size()) {
        std::uint64_t next;
        std::memcpy(&next, in_.data() + at_, 8);
        bits_ |= next << available_;
        at_ += (63 - available_) >> 3;
        available_ |= 56;
        return;
      }
    }
    while (available_ <= 56 && at_ < in_.size()) {
      bits_ |= static_cast<std::uint64_t>(in_[at_++]) << available_;
      available_ += 8;
    }
  }
  void drop(std::uint32_t n) noexcept {
    bits_ >>= n;
    available_ -= n;
  }
  /// n bits; missing ones set the flag and read as zero.
  std::uint32_t take(std::uint32_t n) noexcept {
    if (available_ < n) refill();
    if (available_ < n) {
      ran_out_ = true;
      return 0;
    }
    const auto value = static_cast<std::uint32_t>(bits_ & ((std::uint64_t{1} << n) - 1));
    drop(n);
    return value;
  }
  std::uint32_t symbol(const huffman_code& code) noexcept {
    if (available_ < huffman_code::max_bits) refill();
    const auto m = code.find(bits_);
    if (m.length == 0 || m.length > available_) {
      (available_ < huffman_code::max_bits ? ran_out_ : broken_) = true;
      return 0;
    }
    drop(m.length);
    return m.symbol;
  }
  bool failed() const noexcept { return ran_out_ || broken_; }
  status failure() const noexcept { return broken_ ? status::broken : status::truncated; }

  status stream() {
    const std::uint32_t method = take(8), flags = take(8);
    if (ran_out_) return status::truncated;
    if ((method * 256 + flags) % 31 != 0 || (method & 15) != 8 || (method >> 4) > 7 || (flags & 32) != 0)
      return status::broken;
    if (const status s = blocks(); s != status::complete) return s;
    drop(available_ & 7);
    std::uint32_t checksum = 0;
    for (int i = 0; i < 4; ++i) checksum = checksum << 8 | take(8);
    if (ran_out_) return status::truncated;
    return checksum == adler32() ? status::complete : status::broken;
  }

  status blocks() {
    for (bool last = false; !last;) {
      last = take(1) != 0;
      const std::uint32_t type = take(2);
      if (ran_out_) return status::truncated;
      status s = status::broken;
      if (type == 0) s = stored();
      if (type == 1) s = fixed_codes() ? compressed() : status::broken;
      if (type == 2) s = dynamic_codes() ? compressed() : failure();
      if (s != status::complete) return s;
    }
    return status::complete;
  }

  status stored() {
    drop(available_ & 7);
    const std::uint32_t size = take(16), complement = take(16);
    if (ran_out_) return status::truncated;
    if ((size ^ complement) != 0xFFFF) return status::broken;
    for (std::size_t left = size; left > 0;) {
      if (!has_room()) return status::full;
      if (available_ >= 8) {  // bytes that already are in the bit buffer
        out_[written_++] = static_cast<std::uint8_t>(bits_);
        drop(8);
        --left;
        continue;
      }
      bits_ = 0;  // refill() leaves bits above available_ that count as not yet read
      available_ = 0;
      const std::size_t n = std::min({left, in_.size() - at_, out_.size() - written_});
      if (n == 0) return status::truncated;
      std::memcpy(out_.data() + written_, in_.data() + at_, n);
      at_ += n;
      written_ += n;
      left -= n;
    }
    return status::complete;
  }

  bool fixed_codes() {
    std::array<std::uint8_t, 288> n{};
    std::fill(n.begin(), n.begin() + 144, std::uint8_t{8});
    std::fill(n.begin() + 144, n.begin() + 256, std::uint8_t{9});
    std::fill(n.begin() + 256, n.begin() + 280, std::uint8_t{7});
    std::fill(n.begin() + 280, n.end(), std::uint8_t{8});
    std::array<std::uint8_t, 32> d;
    d.fill(5);
    return literals_.build(n, false) && distances_.build(d, false);
  }

  bool dynamic_codes() {
    const std::size_t literal_count = take(5) + 257, distance_count = take(5) + 1, length_count = take(4) + 4;
    if (ran_out_) return false;
    static constexpr std::uint8_t order[19] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                               11, 4,  12, 3, 13, 2, 14, 1, 15};
    std::array<std::uint8_t, 19> lengths_of_lengths{};
    for (std::size_t i = 0; i < length_count; ++i)
      lengths_of_lengths[order[i]] = static_cast<std::uint8_t>(take(3));
    if (ran_out_) return false;
    if (literal_count > 286 || distance_count > 30 || !literals_.build(lengths_of_lengths, false)) {
      broken_ = true;
      return false;
    }
    std::array<std::uint8_t, 286 + 30> lengths{};
    const std::size_t total = literal_count + distance_count;
    for (std::size_t i = 0; i < total;) {
      const std::uint32_t s = symbol(literals_);
      if (failed()) return false;
      if (s < 16) {
        lengths[i++] = static_cast<std::uint8_t>(s);
        continue;
      }
      const std::size_t repeat = s == 16 ? 3 + take(2) : s == 17 ? 3 + take(3) : 11 + take(7);
      if (ran_out_) return false;
      if (i + repeat > total || (s == 16 && i == 0)) {
        broken_ = true;
        return false;
      }
      const std::uint8_t value = s == 16 ? lengths[i - 1] : std::uint8_t{0};
      for (std::size_t r = 0; r < repeat; ++r) lengths[i++] = value;
    }
    const std::span all(lengths);
    if (lengths[256] == 0 || !literals_.build(all.first(literal_count), true) ||
        !distances_.build(all.subspan(literal_count, distance_count), true)) {
      broken_ = true;
      return false;
    }
    return true;
  }

  /// Literals with short codes, up to the first symbol that is none, while neither input nor output can run
  /// out. Bytes alias everything, so the state is held in locals.
  void literals() noexcept {
    std::uint64_t bits = bits_;
    std::uint32_t available = available_;
    std::size_t at = at_;
    std::uint8_t *to = out_.data() + written_, *const end = out_.data() + out_.size();
    for (bool more = true; more && at + 8 <= in_.size() && end - to >= 4;) {
      if constexpr (std::endian::native != std::endian::little) break;
      std::uint64_t next;
      std::memcpy(&next, in_.data() + at, 8);
      bits |= next << available;
      at += (63 - available) >> 3;
      available |= 56;
      for (int i = 0; i < 4; ++i) {  // 4 codes of up to 10 bits are there
        const std::uint32_t entry = literals_.fast(bits);
        if (entry == 0 || entry >> 4 > 255) {
          more = false;
          break;
        }
        *to++ = static_cast<std::uint8_t>(entry >> 4);
        bits >>= entry & 15;
        available -= entry & 15;
      }
    }
    bits_ = bits;
    available_ = available;
    at_ = at;
    written_ = static_cast<std::size_t>(to - out_.data());
  }

  status compressed() {
    static constexpr std::uint16_t length_base[29] = {3,  4,  5,  6,   7,   8,   9,   10,  11, 13,
                                                      15, 17, 19, 23,  27,  31,  35,  43,  51, 59,
                                                      67, 83, 99, 115, 131, 163, 195, 227, 258};
    static constexpr std::uint8_t length_extra[29] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                                      2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
    static constexpr std::uint16_t distance_base[30] = {
        1,   2,   3,   4,   5,   7,    9,    13,   17,   25,   33,   49,   65,    97,    129,
        193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};
    for (;;) {
      literals();
      if (written_ >= look_up_at_) {
        throw_if_interrupted();
        look_up_at_ = written_ + (std::size_t{1} << 20);
      }
      const std::uint32_t s = symbol(literals_);
      if (failed()) return failure();
      if (s < 256) {
        if (!has_room()) return status::full;
        out_[written_++] = static_cast<std::uint8_t>(s);
        continue;
      }
      if (s == 256) return status::complete;
      if (s > 285) return status::broken;
      std::size_t length = length_base[s - 257] + take(length_extra[s - 257]);
      const std::uint32_t d = symbol(distances_);
      if (failed()) return failure();
      if (d > 29) return status::broken;
      const std::size_t distance = distance_base[d] + take(d < 4 ? 0 : d / 2 - 1);
      if (ran_out_) return status::truncated;
      if (distance > written_) return status::broken;
      for (std::size_t n = 0; length > 0; length -= n) {
        if (!has_room()) return status::full;
        n = std::min(length, out_.size() - written_);
        std::uint8_t* to = out_.data() + written_;
        const std::uint8_t* from = to - distance;
        if (distance >= n)
          std::memcpy(to, from, n);
        else
          for (std::size_t i = 0; i < n; ++i) to[i] = from[i];
        written_ += n;
      }
    }
  }

  std::uint32_t adler32() const noexcept {
    std::uint32_t a = 1, b = 0;
    for (std::size_t i = 0; i < written_;) {
      // 5552 is the most bytes after which b still fits 32 bits (zlib's NMAX)
      const std::size_t end = std::min(written_, i + 5552);
      for (; i < end; ++i) {
        a += out_[i];
        b += a;
      }
      a %= 65521;
      b %= 65521;
    }
    return b << 16 | a;
  }

  std::span<const std::uint8_t> in_;
  std::span<std::uint8_t> out_;
  grow_function grow_;
  std::size_t at_ = 0, written_ = 0, look_up_at_ = 0;
  std::uint64_t bits_ = 0;
  std::uint32_t available_ = 0;
  bool ran_out_ = false, broken_ = false;
  huffman_code literals_, distances_;
};

}  // namespace detail

AISLE_API inflate_result inflate_zlib(std::span<const std::uint8_t> in, std::span<std::uint8_t> out) {
  return detail::inflater(in, out).run_zlib();
}

AISLE_API inflate_result inflate_deflate(std::span<const std::uint8_t> in, std::string& out,
                                         std::size_t limit) {
  const std::size_t before = out.size();
  const auto room = [&] {
    return std::span(reinterpret_cast<std::uint8_t*>(out.data()) + before, out.size() - before);
  };
  const auto grow = [&] {
    const std::size_t now = out.size();
    // By what this stream has given: a file may be a million streams of a few bytes.
    const std::size_t wanted = now + std::max(now - before, std::size_t{1} << 10);
    out.resize(std::max(now, std::min(wanted, limit)));
    return room();
  };
  inflate_result r;
  try {
    r = detail::inflater(in, grow(), grow).run_deflate();
  } catch (const std::length_error&) {
    r.status = inflate_status::full;
  }
  out.resize(before + r.written);
  return r;
}

AISLE_API std::uint32_t crc32(std::span<const std::uint8_t> bytes) noexcept {
  // Eight bytes at a time by eight tables ("slicing by 8").
  static constexpr auto tables = [] {
    std::array<std::array<std::uint32_t, 256>, 8> t{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      std::uint32_t c = i;
      for (int k = 0; k < 8; ++k) c = (c & 1) != 0 ? 0xEDB88320u ^ (c >> 1) : c >> 1;
      t[0][i] = c;
    }
    for (std::size_t k = 1; k < 8; ++k)
      for (std::size_t i = 0; i < 256; ++i) t[k][i] = t[0][t[k - 1][i] & 255] ^ (t[k - 1][i] >> 8);
    return t;
  }();
  std::uint32_t crc = 0xFFFFFFFFu;
  std::size_t i = 0;
  for (; i + 8 <= bytes.size(); i += 8) {
    std::uint32_t next = 0;
    for (std::size_t k = 0; k < 8; ++k) {
      const std::uint32_t b = bytes[i + k] ^ (k < 4 ? crc >> (8 * k) & 255 : 0u);
      next ^= tables[7 - k][b];
    }
    crc = next;
  }
  for (; i < bytes.size(); ++i) crc = tables[0][(crc ^ bytes[i]) & 255] ^ (crc >> 8);
  return crc ^ 0xFFFFFFFFu;
}

AISLE_NAMESPACE_END
