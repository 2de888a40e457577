#pragma once

// The declarations of stb alone: a file that also asks for its implementation gets that from its own include
// of stb, before or after this one, and once.

#ifndef STBI_INCLUDE_STB_IMAGE_H
#pragma push_macro("STB_IMAGE_IMPLEMENTATION")
#undef STB_IMAGE_IMPLEMENTATION
#include <stb_image.h>
#pragma pop_macro("STB_IMAGE_IMPLEMENTATION")
#endif

#ifndef INCLUDE_STB_IMAGE_WRITE_H
#pragma push_macro("STB_IMAGE_WRITE_IMPLEMENTATION")
#undef STB_IMAGE_WRITE_IMPLEMENTATION
#include <stb_image_write.h>
#pragma pop_macro("STB_IMAGE_WRITE_IMPLEMENTATION")
#endif
