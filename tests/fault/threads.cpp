#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>

#include <aisle/base/parallel.hpp>

#include <doctest/doctest.h>

#include "support/support.hpp"

TEST_CASE("long and short loops by turns" * doctest::skip()) {
  std::atomic<long> done{0};
  for (int i = 0; i < 200; ++i)
    for (const std::int64_t count : {1000, 2, 1000, 3})
      aisle::parallel_for(count, 4, [&](std::int64_t) { ++done; });
  CHECK(done == 200 * 2005);
}

TEST_CASE("three threads beside the first are enough for four, whatever loops come after each other") {
#ifdef AISLE_TEST_SANITIZED
  support::say_skipped("sanitizers start threads of their own");
#else
  // GCC's OpenMP ends threads that a loop leaves out. A loop that then starts others finds the system still
  // counting those.
  const std::string self = std::filesystem::read_symlink("/proc/self/exe");
  const std::string command = "LD_PRELOAD=" AISLE_FAULT_LIBRARY
                              " FAULT_CALL=thread FAULT_ERRNO=11 FAULT_ON=1 FAULT_AT=3 '" +
                              self + "' --no-skip --test-case='long and short loops by turns' > /dev/null";
  for (int i = 0; i < 5; ++i) CHECK(std::system(command.c_str()) == 0);
#endif
}
