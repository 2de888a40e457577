#pragma once

// The one place where the version is written; CMake parses these three lines.
#define AISLE_VERSION_MAJOR 0
#define AISLE_VERSION_MINOR 1
#define AISLE_VERSION_PATCH 0

#define AISLE_STRINGIZE_IMPL(x) #x
#define AISLE_STRINGIZE(x) AISLE_STRINGIZE_IMPL(x)
#define AISLE_VERSION_STRING           \
  AISLE_STRINGIZE(AISLE_VERSION_MAJOR) \
  "." AISLE_STRINGIZE(AISLE_VERSION_MINOR) "." AISLE_STRINGIZE(AISLE_VERSION_PATCH)
