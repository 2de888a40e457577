// Any bytes through the image decoders; what decodes is resized and normalised too. The kind of JPEG that
// passes the check of its structure is handed to stb_image, which is fuzzed with it.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include <aisle/base/error.hpp>
#include <aisle/image/decode.hpp>
#include <aisle/image/picture_turn.hpp>
#include <aisle/image/preprocess.hpp>

#if AISLE_WEBP
#include <aisle/image/webp.hpp>
namespace {
const bool webp_added = (aisle::add_webp(), true);
}
#endif

#if AISLE_LIBJPEG
#include <aisle/image/libjpeg.hpp>
#endif

namespace {

void decode_and_prepare(std::span<const std::uint8_t> bytes) {
  try {
    const auto presets = aisle::all_presets();
    aisle::preset p = presets[bytes.size() % presets.size()];
    p.scaled_decoding = bytes.size() % 2 == 0;
    aisle::detail::picture_turn turn;
    const aisle::image picture =
        aisle::detail::decode_image(std::as_bytes(bytes), "fuzz", turn, aisle::detail::demand_of(p));
    if (picture.rgb().size() != picture.stride() * static_cast<std::size_t>(picture.height())) std::abort();
    if (picture.rgb().size() > (1u << 20)) return;
    if (aisle::preprocess(picture, p).count() != 1) std::abort();
  } catch (const aisle::format_error&) {
  } catch (const aisle::shape_error&) {  // a picture so thin that its longer side would exceed 2^31
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes(data, size);
  decode_and_prepare(bytes);
#if AISLE_LIBJPEG
  // The other decoder of JPEG, and its scales.
  if (size > 2 && data[0] == 0xFF && data[1] == 0xD8) {
    aisle::use_libjpeg();
    decode_and_prepare(bytes);
    aisle::detail::set_jpeg_decoder(nullptr);
  }
#endif
  return 0;
}
