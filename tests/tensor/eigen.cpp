#include <doctest/doctest.h>

#include <cstdint>
#include <type_traits>

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

TEST_CASE("every row-major Eigen expression with elements of its own is seen in place") {
  aisle::eigen_matrix<float> m(3, 4);
  for (Eigen::Index i = 0; i < 12; ++i) m.data()[i] = static_cast<float>(i);
  const auto& constant = m;

  const auto check = [](auto view, std::int64_t rows, std::int64_t cols, float first, float last) {
    CHECK(view.rows() == rows);
    CHECK(view.cols() == cols);
    CHECK(view(0, 0) == first);
    CHECK(view(rows - 1, cols - 1) == last);
  };
  check(aisle::as_view(constant), 3, 4, 0, 11);
  check(aisle::as_view(m.topRows(2)), 2, 4, 0, 7);
  check(aisle::as_view(m.block(1, 1, 2, 2)), 2, 2, 5, 10);
  check(aisle::as_view(constant.block(1, 1, 2, 2)), 2, 2, 5, 10);
  check(aisle::as_view(m.row(1)), 1, 4, 4, 7);
  check(aisle::as_view(m.col(1)), 3, 1, 1, 9);
  const Eigen::Map<aisle::eigen_matrix<float>> map(m.data(), 3, 4);
  check(aisle::as_view(map), 3, 4, 0, 11);
  const Eigen::Map<const aisle::eigen_matrix<float>, 0, Eigen::OuterStride<>> apart(m.data(), 3, 2,
                                                                                    Eigen::OuterStride<>(4));
  check(aisle::as_view(apart), 3, 2, 0, 9);
  Eigen::RowVectorXf row(2);
  row << 3, 4;
  check(aisle::as_view(row), 1, 2, 3, 4);
  Eigen::VectorXf column(2);
  column << 3, 4;
  check(aisle::as_view(column), 2, 1, 3, 4);
  Eigen::MatrixXf column_major(4, 3);
  column_major << 0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11;
  check(aisle::as_view(column_major.transpose()), 3, 4, 0, 11);
  CHECK_THROWS_WITH_AS(
      aisle::as_view(column_major.row(0)),
      "as_view: the elements of a row are 4 apart, expected 1: copy them into an aisle::eigen_matrix",
      aisle::shape_error);

  aisle::as_view(m.topRows(1))(0, 3) = -1;
  CHECK(m(0, 3) == -1);
  static_assert(std::is_same_v<decltype(aisle::as_view(constant)), aisle::matrix_view<const float>>);
  static_assert(
      std::is_same_v<decltype(aisle::as_view(constant.topRows(1))), aisle::matrix_view<const float>>);
  static_assert(std::is_same_v<decltype(aisle::as_view(m.topRows(1))), aisle::matrix_view<float>>);
}
