// The command reads WebP where it was built with libwebp.

#if AISLE_WEBP

#include <aisle/image/webp.hpp>

namespace {

const bool added = (aisle::add_webp(), true);

}  // namespace

#endif
