#pragma once

#include <Eigen/Core>

#include <aisle/tensor/matrix.hpp>

// Matrices of aisle and of Eigen as each other, without a copy. The only public signatures with Eigen in
// them.

AISLE_NAMESPACE_BEGIN

template <class T>
using eigen_matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
template <class T>
using eigen_map = Eigen::Map<eigen_matrix<T>, Eigen::Unaligned, Eigen::OuterStride<>>;
template <class T>
using const_eigen_map = Eigen::Map<const eigen_matrix<T>, Eigen::Unaligned, Eigen::OuterStride<>>;

/// The elements of `m` in place; valid as long as they are.
template <class T>
eigen_map<T> as_eigen(matrix_view<T> m) {
  return {m.data(), m.rows(), m.cols(), Eigen::OuterStride<>(m.stride())};
}
template <class T>
const_eigen_map<T> as_eigen(matrix_view<const T> m) {
  return {m.data(), m.rows(), m.cols(), Eigen::OuterStride<>(m.stride())};
}
template <class T>
eigen_map<T> as_eigen(matrix<T>& m) {
  return as_eigen(m.view());
}
template <class T>
const_eigen_map<T> as_eigen(const matrix<T>& m) {
  return as_eigen(m.view());
}

/// The elements of a row-major Eigen matrix in place.
template <class T>
matrix_view<T> as_view(eigen_matrix<T>& m) {
  return {m.data(), m.rows(), m.cols()};
}
template <class T>
matrix_view<const T> as_view(const eigen_matrix<T>& m) {
  return {m.data(), m.rows(), m.cols()};
}

AISLE_NAMESPACE_END
