#include <aisle/aisle.hpp>

// Has a name of its own in each of the five builds.
const char* VARIANT(float* out) {
  aisle::matrix<float> m(4, 4, 1.f);
  aisle::parallel_for(4, 2, [&](std::int64_t r) { m(r, r) = 2.f; });
  for (std::int64_t r = 0; r < 4; ++r) out[r] = m(r, r);
  return aisle::parallel_backend();
}
