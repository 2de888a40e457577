#include "unit.hpp"

#include <string_view>

answer base(const aisle::matrix<float>& x);
answer avx2(const aisle::matrix<float>& x);
answer avx512(const aisle::matrix<float>& x);
answer openmp(const aisle::matrix<float>& x);

int main() {
  aisle::matrix<float> x(20, 2);
  for (std::int64_t r = 0; r < x.rows(); ++r) x(r, 0) = static_cast<float>(r % 2);
  // The others are linked; whether this CPU can run them is not the question.
  [[maybe_unused]] const volatile auto linked = {&avx2, &avx512};
  const answer a = base(x);
  const std::string_view backend = a.backend;
#ifdef WITH_OPENMP
  const answer b = openmp(x);
  return a.probabilities == b.probabilities && backend == "openmp" ? 0 : 1;
#else
  return a.probabilities(0, 0) > 0.9f && backend == "std::thread" ? 0 : 1;
#endif
}
