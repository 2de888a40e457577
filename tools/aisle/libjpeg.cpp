// The command decodes and encodes JPEG by libjpeg-turbo where it was built with it.

#if AISLE_LIBJPEG

#include <aisle/image/libjpeg.hpp>

namespace {

const bool used = (aisle::use_libjpeg(), true);

}  // namespace

#endif
