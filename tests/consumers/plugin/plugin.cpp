#include <atomic>

#include <aisle/base/parallel.hpp>

extern "C" __attribute__((visibility("default"))) int work() {
  std::atomic<int> n{0};
  aisle::parallel_for(1000, 4, [&](std::int64_t) { ++n; });
  return n;
}
