#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#define DOCTEST_CONFIG_IMPLEMENT  // also where a precompiled header has brought in the rest already
#include <doctest/doctest.h>
