#pragma once

// JPEG by libjpeg-turbo, for programs that link it: the library itself has stb_image, which needs nothing, so
// this header stands in no other, and its definitions are here. Without libjpeg's headers it is empty.
#if __has_include(<jpeglib.h>)

#include <csetjmp>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// after <cstdio>
#include <jpeglib.h>
#include <jerror.h>

#include <aisle/image/decode.hpp>
#include <aisle/image/encode.hpp>
#include <aisle/image/jpeg.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// Where libjpeg reports to: it leaves by longjmp.
struct libjpeg_errors {
  jpeg_error_mgr base{};
  std::jmp_buf back{};
  char reason[JMSG_LENGTH_MAX]{};
  bool no_memory = false;

  jpeg_error_mgr* begin() {
    jpeg_std_error(&base);
    base.error_exit = [](j_common_ptr info) {
      auto* self = reinterpret_cast<libjpeg_errors*>(info->err);
      self->keep(info);
      std::longjmp(self->back, 1);
    };
    base.emit_message = [](j_common_ptr info, int level) {
      auto* self = reinterpret_cast<libjpeg_errors*>(info->err);
      if (level < 0 && !harmless(info->err->msg_code)) self->keep(info);
    };
    base.output_message = [](j_common_ptr) {};
    return &base;
  }

  /// What went wrong; throws where memory was short, which is no fault of the picture.
  const char* found() const {
    if (no_memory) throw std::bad_alloc();
    return reason;
  }

 private:
  void keep(j_common_ptr info) {
    if (reason[0] != '\0') return;
    no_memory = info->err->msg_code == JERR_OUT_OF_MEMORY;
    info->err->format_message(info, reason);
  }
  /// Bytes too many or too few before a marker, as stb_image takes them too, and what is about names of
  /// colours.
  static bool harmless(int code) noexcept {
    return code == JWRN_EXTRANEOUS_DATA || code == JWRN_HIT_MARKER || code == JWRN_ADOBE_XFORM ||
           code == JWRN_JFIF_MAJOR;
  }
};

/// One decoding; everything that has a destructor lives here.
class libjpeg_decoding {
 public:
  libjpeg_decoding(std::span<const std::byte> bytes, pixel_size least) : least_(least), bytes_(bytes) {
    info_.err = errors_.begin();
  }
  ~libjpeg_decoding() { jpeg_destroy_decompress(&info_); }
  libjpeg_decoding(const libjpeg_decoding&) = delete;
  libjpeg_decoding& operator=(const libjpeg_decoding&) = delete;

  /// False where it failed: reason(). Steps of a decoding that are called with what has destructors between
  /// them.
  bool start() {
    if (setjmp(errors_.back) != 0) return false;  // NOLINT
    jpeg_create_decompress(&info_);
    jpeg_mem_src(&info_, reinterpret_cast<const unsigned char*>(bytes_.data()), bytes_.size());
    jpeg_read_header(&info_, TRUE);
    info_.out_color_space = info_.num_components == 4 ? JCS_CMYK : JCS_RGB;
    if (least_.width > 0 && least_.height > 0) {
      const auto fits = [&](unsigned part) {
        const auto up = [&](JDIMENSION all) { return static_cast<int>((all + part - 1) / part); };
        return up(info_.image_width) >= least_.width && up(info_.image_height) >= least_.height;
      };
      info_.scale_num = 1;
      info_.scale_denom = fits(8) ? 8 : fits(4) ? 4 : fits(2) ? 2 : 1;
    }
    jpeg_start_decompress(&info_);
    return errors_.reason[0] == '\0';
  }
  int width() const noexcept { return static_cast<int>(info_.output_width); }
  int height() const noexcept { return static_cast<int>(info_.output_height); }
  int components() const noexcept { return info_.output_components; }

  /// Rows into `rows`, one pointer each.
  bool read(std::span<unsigned char*> rows) {
    if (setjmp(errors_.back) != 0) return false;  // NOLINT
    while (info_.output_scanline < info_.output_height) {
      jpeg_read_scanlines(&info_, rows.data() + info_.output_scanline,
                          info_.output_height - info_.output_scanline);
      if (errors_.reason[0] != '\0') return false;
    }
    jpeg_finish_decompress(&info_);
    return errors_.reason[0] == '\0';
  }
  const char* reason() const { return errors_.found(); }

 private:
  libjpeg_errors errors_;
  jpeg_decompress_struct info_{};
  pixel_size least_;
  std::span<const std::byte> bytes_;
};

inline image decode_with_libjpeg(std::span<const std::byte> bytes, pixel_size size, pixel_size least,
                                 std::string_view where) {
  libjpeg_decoding decoding(bytes, least);
  const auto refuse_unless = [&](bool fine) {
    if (!fine) throw format_error(std::string(where), std::string("JPEG: ") + decoding.reason());
  };
  refuse_unless(decoding.start());
  const bool whole = decoding.width() == size.width && decoding.height() == size.height;
  if (!whole && least.width == 0)
    throw format_error(std::string(where), "JPEG: its headers contradict each other about its size");
  image out(decoding.width(), decoding.height());
  const bool inks = decoding.components() == 4;
  std::vector<unsigned char> cmyk(inks ? out.rgb().size() / 3 * 4 : 0);
  std::vector<unsigned char*> rows;
  for (int y = 0; y < out.height(); ++y)
    rows.push_back(inks
                       ? cmyk.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(out.width()) * 4
                       : out.row(y).data());
  refuse_unless(decoding.read(rows));
  // Inverted inks, as Adobe writes them: each channel times black.
  std::uint8_t* to = out.rgb().data();
  for (std::size_t i = 0; i < cmyk.size(); i += 4)
    for (std::size_t c = 0; c < 3; ++c) {
      const unsigned product = cmyk[i + c] * cmyk[i + 3] + 128u;
      *to++ = static_cast<std::uint8_t>((product + (product >> 8)) >> 8);
    }
  return out;
}

/// One encoding, with Pillow's settings.
class libjpeg_encoding {
 public:
  libjpeg_encoding() { info_.err = errors_.begin(); }
  ~libjpeg_encoding() {
    jpeg_destroy_compress(&info_);
    std::free(out_);
  }
  libjpeg_encoding(const libjpeg_encoding&) = delete;
  libjpeg_encoding& operator=(const libjpeg_encoding&) = delete;

  /// False where it failed: reason().
  bool write(int width, int height, int quality, std::span<unsigned char*> rows) {
    if (setjmp(errors_.back) != 0) return false;  // NOLINT
    jpeg_create_compress(&info_);
    jpeg_mem_dest(&info_, &out_, &size_);
    info_.image_width = static_cast<JDIMENSION>(width);
    info_.image_height = static_cast<JDIMENSION>(height);
    info_.input_components = 3;
    info_.in_color_space = JCS_RGB;
    jpeg_set_defaults(&info_);
    jpeg_set_quality(&info_, quality, TRUE);
    jpeg_start_compress(&info_, TRUE);
    while (info_.next_scanline < info_.image_height)
      jpeg_write_scanlines(&info_, rows.data() + info_.next_scanline,
                           info_.image_height - info_.next_scanline);
    jpeg_finish_compress(&info_);
    return errors_.reason[0] == '\0';
  }
  std::string bytes() const { return {reinterpret_cast<const char*>(out_), size_}; }
  const char* reason() const { return errors_.found(); }

 private:
  libjpeg_errors errors_;
  jpeg_compress_struct info_{};
  unsigned char* out_ = nullptr;
  unsigned long size_ = 0;
};

inline std::string encode_with_libjpeg(const image_view& picture, int quality) {
  std::vector<unsigned char*> rows;
  for (int y = 0; y < picture.height(); ++y)
    rows.push_back(const_cast<unsigned char*>(picture.row(y).data()));  // which are only read
  libjpeg_encoding encoding;
  if (!encoding.write(picture.width(), picture.height(), quality, rows))
    throw error{std::string("JPEG encoding failed: ") + encoding.reason()};
  return encoding.bytes();
}

}  // namespace detail

/// From now on this program decodes JPEG by libjpeg-turbo: Pillow's pixels, two to three times as fast, and
/// preset::scaled_decoding is there. A file's structure is checked as without it. It encodes by it, too: the
/// bytes that Pillow writes.
inline void use_libjpeg() {
  detail::set_jpeg_decoder(detail::decode_with_libjpeg);
  detail::set_jpeg_encoder(detail::encode_with_libjpeg);
}

AISLE_NAMESPACE_END

#endif
