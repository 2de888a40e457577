#include "other.hpp"

#include <atomic>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

// The other translation unit of the program; both include everything.

int main() {
  std::atomic<std::int64_t> sum{0};
  aisle::parallel_for(100, 2, [&](std::int64_t i) { sum += i; });
  const aisle::matrix<float> m = ones(3, 4);
  const aisle::label_vector truth{std::vector<std::string>{"shirt", "shoe", "shirt"}};
  const aisle::label_vector guess{std::vector<std::string>{"shirt", "shirt", "shirt"}};
  const double accuracy = aisle::accuracy(truth, guess);
  const bool backend = std::string_view(aisle::parallel_backend()) == EXPECTED_BACKEND;
  if (sum == 4950 && m(2, 3) == 1.f && accuracy > 0.66 && accuracy < 0.67 && backend) return 0;
  std::cerr << "sum " << sum << ", element " << m(2, 3) << ", accuracy " << accuracy << ", threads by "
            << aisle::parallel_backend() << ", expected " << EXPECTED_BACKEND << '\n';
  return 1;
}
