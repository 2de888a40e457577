#include "other.hpp"

aisle::matrix<float> ones(std::int64_t rows, std::int64_t cols) {
  aisle::matrix<float> m(rows, cols);
  aisle::parallel_for(rows, 0, [&](std::int64_t r) {
    for (float& x : m.row(r)) x = 1.f;
  });
  return m;
}
