#pragma once

#include <cstdint>
#include <span>
#include <string>

#include <aisle/base/counted.hpp>
#include <aisle/base/error.hpp>
#include <aisle/tensor/matrix.hpp>
#include <aisle/tensor/sparse_matrix.hpp>

AISLE_NAMESPACE_BEGIN

/// Features that live elsewhere: dense columns, and sparse ones behind them if there are any. Some learners
/// take both (classifier::takes_sparse), every one takes dense ones.
template <class T = float>
class feature_view {
 public:
  feature_view() = default;
  explicit feature_view(matrix_view<const T> dense) : dense_(dense), rows_(dense.rows()) {}
  /// Throws shape_error for different numbers of rows, unless the one or the other has no columns.
  feature_view(matrix_view<const T> dense, const sparse_matrix<T>& sparse AISLE_LIFETIME_BOUND)
      : dense_(dense), sparse_(sparse.cols() > 0 ? &sparse : nullptr), rows_(dense.rows()) {
    if (!sparse_) return;
    if (dense.cols() == 0 && dense.rows() == 0) rows_ = sparse.rows();
    if (sparse.rows() != rows_)
      throw shape_error("features of " + counted(rows_, "dense row") + " and " +
                        counted(sparse.rows(), "sparse row") + ", expected as many");
  }
  feature_view(matrix_view<const T> dense, const sparse_matrix<T>&& sparse) = delete;

  std::int64_t rows() const noexcept { return rows_; }
  std::int64_t cols() const noexcept { return dense_.cols() + sparse_cols(); }
  std::int64_t sparse_cols() const noexcept { return sparse_ ? sparse_->cols() : 0; }
  matrix_view<const T> dense() const noexcept { return dense_; }
  /// Null where there are no sparse columns.
  const sparse_matrix<T>* sparse() const noexcept { return sparse_; }

 private:
  matrix_view<const T> dense_;
  const sparse_matrix<T>* sparse_ = nullptr;
  std::int64_t rows_ = 0;
};

/// Features of its own.
template <class T = float>
struct feature_set {
  matrix<T> dense;
  sparse_matrix<T> sparse;

  feature_view<T> view() const& AISLE_LIFETIME_BOUND { return {dense, sparse}; }
  feature_view<T> view() const&& = delete;
  std::int64_t rows() const noexcept { return dense.cols() > 0 ? dense.rows() : sparse.rows(); }
  /// A copy of some rows, in the order given.
  feature_set rows(std::span<const std::int64_t> which) const {
    feature_set out;
    if (dense.cols() > 0) out.dense = dense.rows(which);
    if (sparse.cols() > 0) out.sparse = sparse.rows(which);
    return out;
  }
};

namespace detail {
/// A copy of some rows of features.
template <class T>
feature_set<T> rows_of(const feature_view<T>& x, std::span<const std::int64_t> which) {
  feature_set<T> out;
  if (x.dense().cols() > 0) out.dense = x.dense().rows(which);
  if (x.sparse()) out.sparse = x.sparse()->rows(which);
  return out;
}
}  // namespace detail

AISLE_NAMESPACE_END
