// No pixel comes from memory that nobody wrote: whatever the heap holds, a picture, damaged or not, is
// decoded to the same pixels, or refused by the same message.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>

#include <aisle/base/error.hpp>
#include <aisle/image/decode.hpp>

#include "support/heap_pattern.hpp"

#if AISLE_WEBP
#include <aisle/image/webp.hpp>
namespace {
const bool webp_added = (aisle::add_webp(), true);
}
#endif

namespace {

/// Pixels and messages.
std::string decoded(std::span<const std::byte> bytes, unsigned char pattern) {
  std::string out;
  support::fill_heap_with(pattern);
  try {
    const aisle::image picture = aisle::decode_image(bytes, "fuzz");
    const auto rgb = picture.rgb();
    out = std::to_string(picture.width()) + " x " + std::to_string(picture.height()) + ":";
    out.append(reinterpret_cast<const char*>(rgb.data()), rgb.size());
  } catch (const aisle::error& e) {
    out = e.what();
  }
  support::leave_heap_alone();
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool filled = [] {
    if (!support::heap_is_filled()) std::puts("skipped: this C library's heap cannot be filled");
    return true;
  }();
  (void)filled;
  const auto bytes = std::as_bytes(std::span(data, size));
  const std::string first = decoded(bytes, 0x3C);
  if (first.size() > (std::size_t{1} << 22)) return 0;
  if (decoded(bytes, 0xC5) != first) {
    std::fputs("pixels of memory that nobody wrote\n", stderr);
    std::abort();
  }
  return 0;
}
