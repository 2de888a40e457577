#include "unit.hpp"

answer one(const aisle::matrix<float>& x);
answer two(const aisle::matrix<float>& x);

int main() {
  aisle::matrix<float> x(20, 2);
  for (std::int64_t r = 0; r < x.rows(); ++r) x(r, 0) = static_cast<float>(r % 2);
  return one(x).probabilities == two(x).probabilities ? 0 : 1;
}
