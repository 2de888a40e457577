// Any bytes through the image decoders; what decodes is resized and normalised too. The kind of JPEG that
// passes the check of its structure is handed to stb_image, which is fuzzed with it.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include <aisle/base/error.hpp>
#include <aisle/image/decode.hpp>
#include <aisle/image/preprocess.hpp>

#if AISLE_WEBP
#include <aisle/image/webp.hpp>
namespace {
const bool webp_added = (aisle::add_webp(), true);
}
#endif

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes(data, size);
  try {
    const aisle::image picture = aisle::decode_image(std::as_bytes(bytes), "fuzz");
    if (picture.rgb().size() != picture.stride() * static_cast<std::size_t>(picture.height())) std::abort();
    if (picture.rgb().size() > (1u << 20)) return 0;
    const auto presets = aisle::all_presets();
    const aisle::preset& p = presets[size % presets.size()];
    if (aisle::preprocess(picture, p).count() != 1) std::abort();
  } catch (const aisle::format_error&) {
  } catch (const aisle::shape_error&) {  // a picture so thin that its longer side would exceed 2^31
  }
  return 0;
}
