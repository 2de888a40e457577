#pragma once

#include <aisle/base/counted.hpp>
#include <aisle/image/detail/stb.ipp>

#include <algorithm>
#include <array>
#include <atomic>
#include <climits>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include <aisle/image/decode.hpp>
#include <aisle/image/jpeg.hpp>
#include <aisle/image/picture_turn.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// Walks the markers of a JPEG file as libjpeg would meet them. stb_image trusts more than it should: it
/// reads tables that were never defined from uninitialised memory, does not bound the symbols of a Huffman
/// table, takes a file that was cut off for a grey lower half, and gives out uninitialised memory for pixels
/// that no scan reaches: those of a component without a scan, and those behind a restart marker that is not
/// there, where it ends the scan and reports success. What passes here can be handed to it; only bytes too
/// many before a restart marker, which nothing but decoding finds, make versions after 2.27 end a scan early.
class jpeg_structure {
 public:
  jpeg_structure(std::span<const std::byte> bytes, std::string_view where)
      : file_(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()), where_(where) {}

  /// Throws unless the file is complete and of a kind that can be decoded.
  void walk() {
    at_ = 2;
    for (;;) {
      const std::size_t from = at_;
      const unsigned marker = next_marker();
      const std::size_t marker_at = at_ - 2;  // stray bytes before it are left out already
      if (marker == 0xD9) {
        check_every_component_was_scanned();
        end_ = at_;
        return;
      }
      if (marker == 0xD8) {
        if (behind_scan_) fail("a second image in the middle of the file");
        continue;
      }
      if (marker == 0x01 || (marker >= 0xD0 && marker <= 0xD7)) {  // they have no content
        leave_out(marker_at, at_);
        continue;
      }
      // Markers that are reserved: libjpeg ends there before it looks for a segment.
      if (behind_scan_ && (marker < 0xC0 || marker == 0xC8 || (marker >= 0xF0 && marker <= 0xFD)))
        fail("unknown marker " + std::to_string(marker));
      if (whole_ && is_cut_off()) {
        end_ = from;  // nothing of the picture can follow
        return;
      }
      const auto content = segment(marker);
      if (marker == 0xDB) quantisation_tables(content);
      if (marker == 0xC4) huffman_tables(content);
      if (marker == 0xDD) restart_interval(content);
      if (marker == 0xEE && content.size() >= 12 && std::memcmp(content.data(), "Adobe", 5) == 0)
        adobe_ = true;
      if (marker == 0xC0 || marker == 0xC1 || marker == 0xC2) frame(content, marker == 0xC2);
      if (marker == 0xC3 || (marker >= 0xC5 && marker <= 0xCF && marker != 0xC8 && marker != 0xCC))
        fail(marker >= 0xC9 ? "arithmetic coding is not supported" : "lossless coding is not supported");
      // Number of lines, and tables of arithmetic coding: libjpeg reads over both.
      if (marker == 0xDC || marker == 0xCC) leave_out(marker_at, at_);
      if (marker == 0xDA) {
        const std::uint64_t expected = scan(content);
        const std::size_t begin = at_;
        const std::uint64_t found = skip_entropy_coded(expected);
        check_scan_has_data(at_ - begin);
        if (found < expected)
          fail("a scan with " + std::to_string(found) + " restart markers, expected " +
               std::to_string(expected) + ": part of the picture is missing");
        behind_scan_ = true;
      }
    }
  }
  /// The file without what libjpeg reads over behind a scan and stb_image (2.27) stumbles over: restart
  /// markers too many, stray bytes, TEM, DNL. Empty where there is nothing of the kind.
  std::vector<std::byte> without_leftovers(std::span<const std::byte> bytes) const {
    if (leftovers_.empty() && end_ == at_) return {};
    std::vector<std::byte> out;
    std::size_t from = 0;
    const auto keep = [&](std::size_t end) {
      out.insert(out.end(), bytes.begin() + static_cast<std::ptrdiff_t>(from),
                 bytes.begin() + static_cast<std::ptrdiff_t>(end));
    };
    for (const auto& [begin, end] : leftovers_) {
      keep(begin);
      from = end;
    }
    keep(std::max(from, end_));
    if (end_ != at_) out.insert(out.end(), {std::byte{0xFF}, std::byte{0xD9}});
    return out;
  }
  /// Four components without Adobe's marker, which tells stb_image that they are inverted CMYK.
  bool needs_adobe_marker() const noexcept { return components_.size() == 4 && !adobe_; }
  std::uint32_t width() const noexcept { return width_; }
  std::uint32_t height() const noexcept { return height_; }

 private:
  struct component {
    unsigned id, quantisation, horizontal, vertical;
    bool scanned = false;  ///< progressive: its first scan of DC was
  };

  [[noreturn]] void fail(const std::string& what) const {
    throw format_error(std::string(where_), "JPEG: " + what);
  }

  unsigned byte() {
    if (at_ >= file_.size()) fail("cut off: no end marker in " + counted(file_.size(), "byte"));
    return file_[at_++];
  }
  unsigned next_marker() {
    // Fill bytes and stray bytes before a marker are skipped, as libjpeg does.
    for (const std::size_t from = at_;;) {
      while (byte() != 0xFF) {
      }
      unsigned m = 0xFF;
      while (m == 0xFF) m = byte();
      if (m == 0) continue;
      if (at_ - 2 > from) leave_out(from, at_ - 2);
      return m;
    }
  }
  /// Before the first scan nothing is left out: Pillow itself reads that part, and is strict.
  void leave_out(std::size_t begin, std::size_t end) {
    if (behind_scan_) leftovers_.emplace_back(begin, end);
  }
  bool is_cut_off() const {
    return file_.size() - at_ < 2 ||
           file_.size() - at_ < (static_cast<std::size_t>(file_[at_]) << 8 | file_[at_ + 1]);
  }
  std::span<const std::uint8_t> segment(unsigned marker) {
    const unsigned high = byte(), size = high << 8 | byte();
    if (size < 2) fail("a segment of " + counted(size, "byte") + " (marker " + std::to_string(marker) + ")");
    if (file_.size() - at_ < size - 2) fail("cut off inside the segment of marker " + std::to_string(marker));
    const auto content = file_.subspan(at_, size - 2);
    at_ += size - 2;
    return content;
  }

  void quantisation_tables(std::span<const std::uint8_t> s) {
    while (!s.empty()) {
      const std::size_t size = (s[0] >> 4) == 0 ? 65 : 129;
      if ((s[0] >> 4) > 1 || (s[0] & 15) > 3 || s.size() < size) fail("damaged quantisation table");
      quantisation_[s[0] & 15] = true;
      s = s.subspan(size);
    }
  }
  void huffman_tables(std::span<const std::uint8_t> s) {
    while (!s.empty()) {
      if (s.size() < 17) fail("damaged Huffman table");
      const unsigned kind = s[0] >> 4, which = s[0] & 15;
      std::size_t symbols = 0;
      std::int64_t free = 1;  // codes of this length that no shorter one begins
      for (std::size_t i = 1; i <= 16; ++i) {
        symbols += s[i];
        free = 2 * free - s[i];
        if (free < 0) fail("damaged Huffman table");
      }
      if (kind > 1 || which > 3 || symbols > 256 || s.size() < 17 + symbols) fail("damaged Huffman table");
      const auto values = s.subspan(17, symbols);
      if (kind == 0 && std::any_of(values.begin(), values.end(), [](unsigned v) { return v > 15; }))
        fail("damaged Huffman table");
      huffman_[kind][which] = true;
      s = s.subspan(17 + symbols);
    }
  }

  void restart_interval(std::span<const std::uint8_t> s) {
    if (s.size() != 2) fail("damaged restart interval");
    restart_interval_ = static_cast<std::uint32_t>(s[0]) << 8 | s[1];
  }

  void frame(std::span<const std::uint8_t> s, bool progressive) {
    if (!components_.empty()) fail("more than one frame");
    if (s.size() < 6) fail("damaged frame header");
    if (s[0] != 8) fail(counted(s[0], "bit") + " a sample, expected 8");
    height_ = static_cast<std::uint32_t>(s[1]) << 8 | s[2];
    width_ = static_cast<std::uint32_t>(s[3]) << 8 | s[4];
    check_image_size(width_, height_, where_);
    const std::size_t n = s[5];
    if (n != 1 && n != 3 && n != 4) fail(counted(n, "component") + ", expected 1, 3 or 4");
    if (s.size() < 6 + 3 * n) fail("damaged frame header");
    for (std::size_t i = 0; i < n; ++i) {
      const std::uint8_t* c = s.data() + 6 + 3 * i;
      const unsigned h = c[1] >> 4, v = c[1] & 15;
      if (h < 1 || h > 4 || v < 1 || v > 4 || c[2] > 3) fail("damaged frame header");
      components_.push_back({c[0], c[2], h, v});
    }
    progressive_ = progressive;
  }

  /// Returns how many restart markers its data must have.
  std::uint64_t scan(std::span<const std::uint8_t> s) {
    if (components_.empty()) fail("image data before the frame header");
    if (whole_) fail("more than one scan of the whole picture");
    const std::size_t n = s.empty() ? 0 : s[0];
    if (n < 1 || n > components_.size() || s.size() < 4 + 2 * n) fail("damaged scan header");
    const unsigned first = s[1 + 2 * n], approximation = s[3 + 2 * n];
    for (std::size_t i = 0; i < n; ++i) {
      const unsigned id = s[1 + 2 * i], dc = s[2 + 2 * i] >> 4, ac = s[2 + 2 * i] & 15;
      const auto c =
          std::find_if(components_.begin(), components_.end(), [&](const auto& x) { return x.id == id; });
      if (c == components_.end() || dc > 3 || ac > 3) fail("damaged scan header");
      if (!quantisation_[c->quantisation])
        fail("quantisation table " + std::to_string(c->quantisation) + " is not defined");
      const bool needs_dc = !progressive_ || (first == 0 && (approximation >> 4) == 0);
      const bool needs_ac = !progressive_ || first > 0;
      if ((needs_dc && !huffman_[0][dc]) || (needs_ac && !huffman_[1][ac]))
        fail("a Huffman table that the scan needs is not defined");
      if (needs_dc) c->scanned = true;
      if (!c->scanned) fail("a scan refines component " + std::to_string(id) + ", which has none before it");
    }
    whole_ = !progressive_ && n == components_.size();
    const std::uint64_t units = units_of_scan(n, s[1]);
    count_blocks(s, n, units, progressive_ && first > 0 ? 0 : progressive_ ? 1 : 2);
    if (restart_interval_ == 0) return 0;
    return (units - 1) / restart_interval_;
  }
  bool is_large() const noexcept { return std::uint64_t{width_} * height_ > free_image_pixels; }
  /// Counts the blocks that a scan goes through. Each takes a bit or more of its data, but for runs of blocks
  /// without coefficients in progressive files: few bytes may go through the picture again and again.
  void count_blocks(std::span<const std::uint8_t> s, std::size_t n, std::uint64_t units, std::uint64_t bits) {
    std::uint64_t in_unit = 0, in_picture = 0;
    for (const component& c : components_) in_picture += units_of_scan(1, c.id);
    for (std::size_t i = 0; i < n; ++i)
      for (const component& c : components_)
        if (c.id == s[1 + 2 * i]) in_unit += n == 1 ? 1 : c.horizontal * c.vertical;
    scan_bits_ = units * in_unit * bits;
    blocks_ += units * in_unit;
    // Encoders write about ten scans, few of them of all components; a million blocks take a few hundredths
    // of a second.
    constexpr std::uint64_t most_passes = 32, free_blocks = std::uint64_t{1} << 22;
    if (blocks_ > most_passes * in_picture && blocks_ > free_blocks)
      fail("its scans go through the picture more than " + std::to_string(most_passes) + " times");
  }
  void check_scan_has_data(std::size_t bytes) const {
    if (is_large() && scan_bits_ / 8 > bytes)
      fail("cut off: " + counted(bytes, "byte") + " of image data cannot hold " + std::to_string(width_) +
           " x " + std::to_string(height_) + " pixels");
  }
  /// Minimum coded units: a scan of one component has its blocks, one of several has groups of blocks.
  std::uint64_t units_of_scan(std::size_t n, unsigned id) const {
    const auto most = [&](unsigned component::*factor) {
      unsigned m = 1;
      for (const component& c : components_) m = std::max(m, c.*factor);
      return m;
    };
    const std::uint64_t h = most(&component::horizontal), v = most(&component::vertical);
    const auto up = [](std::uint64_t a, std::uint64_t b) { return (a + b - 1) / b; };
    if (n > 1) return up(width_, 8 * h) * up(height_, 8 * v);
    const auto c =
        std::find_if(components_.begin(), components_.end(), [&](const auto& x) { return x.id == id; });
    return up(up(width_ * std::uint64_t{c->horizontal}, h), 8) *
           up(up(height_ * std::uint64_t{c->vertical}, v), 8);
  }
  void check_every_component_was_scanned() const {
    if (components_.empty()) fail("no image data before the end marker");
    for (const component& c : components_)
      if (!c.scanned) fail("no image data of component " + std::to_string(c.id) + " before the end marker");
  }
  /// Moves to the marker behind a scan's data; returns how many restart markers were among them.
  std::uint64_t skip_entropy_coded(std::uint64_t expected) {
    std::size_t first_too_many = 0;
    for (std::uint64_t restarts = 0;;) {
      const auto rest = file_.subspan(at_);
      const void* found = rest.empty() ? nullptr : std::memchr(rest.data(), 0xFF, rest.size());
      if (found == nullptr) fail("cut off: no end marker in " + counted(file_.size(), "byte"));
      at_ = static_cast<std::size_t>(static_cast<const std::uint8_t*>(found) - file_.data());
      if (at_ + 1 < file_.size()) {
        const unsigned next = file_[at_ + 1];
        const bool restart = next >= 0xD0 && next <= 0xD7;
        if (next != 0 && next != 0xFF && !restart) {  // the next marker
          if (first_too_many > 0) leftovers_.emplace_back(first_too_many, at_);
          return restarts;
        }
        if (restart && restarts++ == expected) first_too_many = at_;
      }
      ++at_;
    }
  }

  std::span<const std::uint8_t> file_;
  std::string_view where_;
  std::size_t at_ = 0, end_ = 0;
  std::uint32_t width_ = 0, height_ = 0, restart_interval_ = 0;
  std::uint64_t blocks_ = 0, scan_bits_ = 0;  ///< blocks of all scans so far; bits that the last one needs
  bool progressive_ = false, adobe_ = false, behind_scan_ = false;
  bool whole_ = false;  ///< one scan of all components of a sequential picture: no other may follow
  std::vector<std::pair<std::size_t, std::size_t>> leftovers_;  ///< begin and end
  std::vector<component> components_;
  std::array<bool, 4> quantisation_{};
  std::array<std::array<bool, 4>, 2> huffman_{};
};

/// A file that stb_image reads byte by byte: where it stopped is where it failed.
struct jpeg_bytes {
  std::span<const std::byte> bytes;
  std::size_t at = 0;
};
AISLE_API int read_one(void* user, char* to, int room) {
  auto& from = *static_cast<jpeg_bytes*>(user);
  // stb_image goes back to the start of its first read after it has looked what the file is.
  const std::size_t n = std::min(from.bytes.size() - from.at,
                                 from.at == 0 ? static_cast<std::size_t>(std::max(room, 0)) : std::size_t{1});
  std::memcpy(to, from.bytes.data() + from.at, n);
  from.at += n;
  return static_cast<int>(n);
}
AISLE_API void skip_some(void* user, int n) {
  auto& from = *static_cast<jpeg_bytes*>(user);
  from.at += std::min(static_cast<std::size_t>(std::max(n, 0)), from.bytes.size() - from.at);
}
AISLE_API int at_end(void* user) {
  const auto& from = *static_cast<const jpeg_bytes*>(user);
  return from.at == from.bytes.size();
}

using stb_pixels = std::unique_ptr<stbi_uc, void (*)(void*)>;

/// Up to version 2.27 stb_image takes a stuffed FF 00 behind a scan's last block for a marker that it does
/// not know. Where that is what stopped it, returns the bytes from there to the scan's end, otherwise
/// nothing.
AISLE_API std::pair<std::size_t, std::size_t> stuffed_leftover(std::span<const std::byte> bytes) {
  jpeg_bytes from{bytes};
  const stbi_io_callbacks calls{read_one, skip_some, at_end};
  int width = 0, height = 0, channels = 0;
  const stb_pixels none(stbi_load_from_callbacks(&calls, &from, &width, &height, &channels, 3),
                        stbi_image_free);
  const std::size_t at = from.at;
  if (none || at < 2 || bytes[at - 2] != std::byte{0xFF} || bytes[at - 1] != std::byte{0}) return {};
  std::size_t end = at;
  for (; end + 1 < bytes.size(); ++end) {
    const auto next = std::to_integer<unsigned>(bytes[end + 1]);
    if (bytes[end] == std::byte{0xFF} && next != 0 && next != 0xFF && (next < 0xD0 || next > 0xD7)) break;
  }
  return {at - 2, end};
}

AISLE_API std::atomic<jpeg_decoder>& added_jpeg_decoder() noexcept {
  static std::atomic<jpeg_decoder> decoder = nullptr;
  return decoder;
}
AISLE_API void set_jpeg_decoder(jpeg_decoder decoder) noexcept { added_jpeg_decoder().store(decoder); }
AISLE_API jpeg_decoder other_jpeg_decoder() noexcept { return added_jpeg_decoder().load(); }

}  // namespace detail

AISLE_API image decode_jpeg(std::span<const std::byte> bytes, std::string_view where) {
  return detail::decode_jpeg(bytes, where, {});
}

AISLE_API image detail::decode_jpeg(std::span<const std::byte> bytes, std::string_view where,
                                    const size_demand& demand) {
  detail::jpeg_structure structure(bytes, where);
  structure.walk();
  std::vector<std::byte> changed = structure.without_leftovers(bytes);
  if (!changed.empty()) bytes = changed;
  if (structure.needs_adobe_marker()) {
    static constexpr std::uint8_t marker[16] = {0xFF, 0xEE, 0,   14, 'A', 'd', 'o', 'b',
                                                'e',  0,    100, 0,  0,   0,   0,   0};
    const auto added = std::as_bytes(std::span(marker));
    if (changed.empty()) changed.assign(bytes.begin(), bytes.end());
    changed.insert(changed.begin() + 2, added.begin(), added.end());
    bytes = changed;
  }
  if (bytes.size() > INT_MAX) throw format_error(std::string(where), "JPEG: more than 2 GB");
  if (const jpeg_decoder other = other_jpeg_decoder()) {
    const pixel_size size{static_cast<int>(structure.width()), static_cast<int>(structure.height())};
    return other(bytes, size, demand ? demand(size) : pixel_size(), where);
  }

  int width = 0, height = 0, channels = 0;
  detail::stb_pixels pixels(nullptr, stbi_image_free);
  // A leftover a scan; progressive files have about ten. Each costs two more decodings.
  const std::uint64_t size_of_picture = std::uint64_t{structure.width()} * structure.height();
  const int most_attempts = size_of_picture > detail::big_picture_pixels ? 1 : 16;
  for (int attempt = 0; !pixels; ++attempt) {
    pixels.reset(stbi_load_from_memory(reinterpret_cast<const stbi_uc*>(bytes.data()),
                                       static_cast<int>(bytes.size()), &width, &height, &channels, 3));
    if (pixels) break;
    // No fault of the picture.
    if (stbi_failure_reason() && std::string_view(stbi_failure_reason()) == "outofmem")
      throw std::bad_alloc();
    const std::string reason = stbi_failure_reason() ? stbi_failure_reason() : "cannot be decoded";
    const auto [begin, end] =
        attempt < most_attempts ? detail::stuffed_leftover(bytes) : std::pair<std::size_t, std::size_t>{};
    if (end == 0) throw format_error(std::string(where), "JPEG: " + reason);
    if (changed.empty()) changed.assign(bytes.begin(), bytes.end());
    changed.erase(changed.begin() + static_cast<std::ptrdiff_t>(begin),
                  changed.begin() + static_cast<std::ptrdiff_t>(end));
    bytes = changed;
  }
  if (static_cast<std::uint32_t>(width) != structure.width() ||
      static_cast<std::uint32_t>(height) != structure.height())
    throw format_error(std::string(where), "JPEG: " + std::to_string(width) + " x " + std::to_string(height) +
                                               " pixels decoded, the header says " +
                                               std::to_string(structure.width()) + " x " +
                                               std::to_string(structure.height()));
  const std::size_t size = static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3;
  return image(image_view({pixels.get(), size}, width, height));
}

AISLE_NAMESPACE_END
