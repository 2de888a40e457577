#pragma once

#include <string>
#include <type_traits>

#include <Eigen/Core>

#include <aisle/base/error.hpp>
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
template <class T>
const_eigen_map<T> as_eigen(const matrix<T>&& m) = delete;  // a temporary's elements would dangle

/// The elements of an Eigen expression that has some of its own and keeps each row together, in place: a
/// row-major matrix, map or block, the transpose of a column-major one, a row or column vector; const ones
/// give a view of const. Valid as long as the elements are. Throws shape_error when the elements of a row are
/// apart, where only the run shows it.
template <class Expression>
requires std::is_base_of_v<Eigen::EigenBase<std::remove_cvref_t<Expression>>, std::remove_cvref_t<Expression>>
auto as_view(Expression&& e) {
  using expression = std::remove_cvref_t<Expression>;
  constexpr bool direct = (int(expression::Flags) & Eigen::DirectAccessBit) != 0;
  constexpr bool temporary = !std::is_lvalue_reference_v<Expression> &&
                             std::is_base_of_v<Eigen::PlainObjectBase<expression>, expression>;
  constexpr bool column = int(expression::ColsAtCompileTime) == 1,
                 row = int(expression::RowsAtCompileTime) == 1;
  static_assert(direct,
                "as_view: this Eigen expression has no elements of its own. Evaluate it first: "
                "aisle::eigen_matrix<T> m = expression; then as_view(m)");
  static_assert(!temporary, "as_view: the elements of a temporary Eigen matrix would dangle. Give it a name");
  static_assert(
      !direct || column || row || expression::IsRowMajor,
      "as_view: this Eigen matrix is column-major (Eigen's default) and aisle's are row-major. Copy "
      "it: aisle::eigen_matrix<T> m = matrix; then as_view(m). Or view its transpose in place: "
      "as_view(matrix.transpose())");
  if constexpr (direct && !temporary && (column || row || expression::IsRowMajor)) {
    using element = std::remove_pointer_t<decltype(e.data())>;
    if constexpr (column) {
      return matrix_view<element>(e.data(), e.rows(), 1, e.innerStride());
    } else {
      if (e.innerStride() != 1 && e.cols() > 1)
        throw shape_error("as_view: the elements of a row are " + std::to_string(e.innerStride()) +
                          " apart, expected 1: copy them into an aisle::eigen_matrix");
      return matrix_view<element>(e.data(), e.rows(), e.cols(), row ? e.cols() : e.outerStride());
    }
  }
}

AISLE_NAMESPACE_END
