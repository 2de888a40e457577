#include "other.hpp"

#include <atomic>
#include <iostream>
#include <string_view>

// The other translation unit of the program; both include everything.

int main() {
  std::atomic<std::int64_t> sum{0};
  aisle::parallel_for(100, 2, [&](std::int64_t i) { sum += i; });
  const aisle::matrix<float> m = ones(3, 4);
  const bool backend = std::string_view(aisle::parallel_backend()) == EXPECTED_BACKEND;
  if (sum == 4950 && m(2, 3) == 1.f && backend) return 0;
  std::cerr << "sum " << sum << ", element " << m(2, 3) << ", threads by " << aisle::parallel_backend()
            << ", expected " << EXPECTED_BACKEND << '\n';
  return 1;
}
