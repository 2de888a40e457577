#pragma once

// WebP by libwebp, for programs that link it (libwebp and libwebpdemux): the library itself needs neither, so
// this header stands in no other, and its definitions are here. Without libwebp's headers it is empty.
#if __has_include(<webp/decode.h>) && __has_include(<webp/demux.h>)

#include <webp/decode.h>
#include <webp/demux.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <string_view>

#include <aisle/image/decode.hpp>

AISLE_NAMESPACE_BEGIN

/// Decodes one WebP file as Pillow 13 does, bit for bit: alpha is dropped, of an animation the first frame
/// counts, on black. Throws format_error, beginning with `where`, for anything damaged, cut off or too large.
inline image decode_webp(std::span<const std::byte> bytes, std::string_view where) {
  const auto fail = [&](const std::string& what) { throw format_error(std::string(where), "WebP: " + what); };
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  WebPBitstreamFeatures features;
  if (const VP8StatusCode status = WebPGetFeatures(data, bytes.size(), &features); status != VP8_STATUS_OK)
    fail(status == VP8_STATUS_NOT_ENOUGH_DATA ? "cut off in its header" : "damaged header");
  check_image_size(static_cast<std::uint64_t>(features.width), static_cast<std::uint64_t>(features.height),
                   where);
  // A picture of one colour takes a few dozen bytes whatever its size.
  if (features.width > 4096 || features.height > 4096)
    check_image_data(static_cast<std::uint64_t>(features.width), static_cast<std::uint64_t>(features.height),
                     bytes.size(), 65536, where);
  image out(features.width, features.height);
  if (features.has_animation == 0) {
    WebPDecoderConfig how;
    if (WebPInitDecoderConfig(&how) == 0) fail("another version of libwebp than this was compiled for");
    how.output.colorspace = MODE_RGB;
    how.output.is_external_memory = 1;
    how.output.u.RGBA = {out.rgb().data(), static_cast<int>(out.stride()), out.rgb().size()};
    const VP8StatusCode status = WebPDecode(data, bytes.size(), &how);
    if (status == VP8_STATUS_OUT_OF_MEMORY) throw std::bad_alloc();  // no fault of the picture
    if (status != VP8_STATUS_OK) fail("cut off or damaged");
    return out;
  }
  const WebPData whole{data, bytes.size()};
  const std::unique_ptr<WebPAnimDecoder, void (*)(WebPAnimDecoder*)> decoder(
      WebPAnimDecoderNew(&whole, nullptr), WebPAnimDecoderDelete);
  WebPAnimInfo about;
  std::uint8_t* rgba = nullptr;
  int time = 0;
  if (!decoder || WebPAnimDecoderGetInfo(decoder.get(), &about) == 0 ||
      about.canvas_width != static_cast<std::uint32_t>(out.width()) ||
      about.canvas_height != static_cast<std::uint32_t>(out.height()) ||
      WebPAnimDecoderGetNext(decoder.get(), &rgba, &time) == 0)
    fail("cut off or damaged animation");
  std::uint8_t* to = out.rgb().data();
  for (const std::uint8_t* end = to + out.rgb().size(); to != end; to += 3, rgba += 4)
    std::memcpy(to, rgba, 3);
  return out;
}

/// From now on this program's decode_image() takes WebP.
inline void add_webp() {
  add_image_format({"WebP",
                    [](std::span<const std::byte> bytes) {
                      const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
                      return text.size() >= 12 && text.starts_with("RIFF") && text.substr(8, 4) == "WEBP";
                    },
                    decode_webp});
}

AISLE_NAMESPACE_END

#endif
