#include <atomic>
#include <cstdio>
#include <cstdlib>

#include <aisle/base/parallel.hpp>

// Loops in the constructors and destructors of globals: before main, before the pool has ended, and after.
namespace {

long sum() {
  std::atomic<long> n{0};
  aisle::parallel_for(1000, 4, [&](std::int64_t i) { n += i; });
  return n;
}

struct late {
  const char* name;
  ~late() { std::printf("%s %ld\n", name, sum()); }
};
const late first{"first"};  // destroyed last
const long before_main = sum();
const late last{"last"};

}  // namespace

int main(int arguments, char**) {
  if (before_main != 499500) return 1;
  if (arguments > 1)
    aisle::parallel_for(8, 4, [](std::int64_t i) {
      if (i == 5) std::exit(0);
    });
}
