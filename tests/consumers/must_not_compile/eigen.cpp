#include <aisle/tensor/eigen.hpp>

Eigen::MatrixXf column_major();
aisle::eigen_matrix<float> row_major();
void use(aisle::matrix_view<const float>);

void f() {
  const Eigen::MatrixXf m = column_major();
#if CASE == 1  // this Eigen matrix is column-major (Eigen's default) and aisle's are row-major
  use(aisle::as_view(m));
#elif CASE == 2  // this Eigen expression has no elements of its own
  use(aisle::as_view(m + m));
#elif CASE == 3  // the elements of a temporary Eigen matrix would dangle
  use(aisle::as_view(row_major()));
#elif CASE == 4  // deleted
  const auto e = aisle::as_eigen(aisle::matrix<float>(1, 1));
#else
  use(aisle::as_view(m.transpose()));
#endif
}
