#include <vector>

#include <doctest/doctest.h>

#include <aisle/tensor/sparse_matrix.hpp>

using aisle::sparse_matrix;

TEST_CASE("a sparse matrix gives back the rows that were added, empty ones too") {
  sparse_matrix<float> m(5);
  m.add_row(std::vector<std::int32_t>{0, 4}, std::vector<float>{1, 2});
  m.add_row({}, {});
  m.add_row(std::vector<std::int32_t>{3}, std::vector<float>{-1});
  CHECK(m.rows() == 3);
  CHECK(m.cols() == 5);
  CHECK(m.nonzeros() == 3);
  CHECK(m.row(0).columns[1] == 4);
  CHECK(m.row(0).values[1] == 2);
  CHECK(m.row(1).columns.empty());
  CHECK(m.row(2).values[0] == -1);

  const auto some = m.rows(std::vector<std::int64_t>{2, 1, 0, 0});
  CHECK(some.rows() == 4);
  CHECK(some.nonzeros() == 5);
  CHECK(some.row(0).columns[0] == 3);
  CHECK(some.row(1).columns.empty());
  CHECK(some.row(3).values[1] == 2);
}

TEST_CASE("rows that are none are refused") {
  sparse_matrix<float> m(3);
  const std::vector<float> two{1, 2};
  CHECK_THROWS_AS(m.add_row(std::vector<std::int32_t>{0}, two), aisle::shape_error);
  CHECK_THROWS_AS(m.add_row(std::vector<std::int32_t>{1, 1}, two), aisle::shape_error);
  CHECK_THROWS_AS(m.add_row(std::vector<std::int32_t>{2, 1}, two), aisle::shape_error);
  CHECK_THROWS_AS(m.add_row(std::vector<std::int32_t>{0, 3}, two), aisle::shape_error);
  CHECK_THROWS_AS(m.add_row(std::vector<std::int32_t>{-1, 2}, two), aisle::shape_error);
  CHECK(m.rows() == 0);
  CHECK_THROWS_AS(m.rows(std::vector<std::int64_t>{0}), aisle::shape_error);
  CHECK_THROWS_AS(sparse_matrix<float>(-1), aisle::shape_error);
}
