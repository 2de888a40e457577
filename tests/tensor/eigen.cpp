#include <doctest/doctest.h>

#include <aisle/tensor/eigen.hpp>

TEST_CASE("Eigen sees a matrix's own elements, strides included, and the other way round") {
  aisle::matrix<float> m(3, 4);
  for (std::int64_t i = 0; i < 12; ++i) m.data()[i] = static_cast<float>(i);
  auto e = aisle::as_eigen(m);
  CHECK(e(2, 1) == 9);
  e(2, 1) = 50;
  CHECK(m(2, 1) == 50);
  const aisle::matrix_view<const float> part(m.data() + 1, 3, 2, 4);
  CHECK(aisle::as_eigen(part)(1, 1) == 6);
  CHECK(aisle::as_eigen(part).sum() == 1 + 2 + 5 + 6 + 50 + 10);

  aisle::eigen_matrix<double> d(2, 3);
  d.setZero();
  const auto view = aisle::as_view(d);
  CHECK(view.rows() == 2);
  CHECK(view.cols() == 3);
  view(1, 2) = 7;
  CHECK(d(1, 2) == 7);
}
