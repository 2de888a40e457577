#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <aisle/base/error.hpp>
#include <aisle/tensor/buffer.hpp>

AISLE_NAMESPACE_BEGIN

/// Row numbers, 0-based: what splits return and `rows()` takes.
using index_vector = std::vector<std::int64_t>;

/// Rows of a matrix that lives elsewhere: `rows` x `cols`, consecutive rows `stride` elements apart.
template <class T>
class matrix_view {
 public:
  constexpr matrix_view() = default;
  constexpr matrix_view(T* data, std::int64_t rows, std::int64_t cols, std::int64_t stride) noexcept
      : data_(data), rows_(rows), cols_(cols), stride_(stride) {}
  constexpr matrix_view(T* data, std::int64_t rows, std::int64_t cols) noexcept
      : matrix_view(data, rows, cols, cols) {}
  /// A view of T is a view of const T.
  constexpr operator matrix_view<const T>() const noexcept requires(!std::is_const_v<T>) {
    return {data_, rows_, cols_, stride_};
  }

  constexpr T* data() const noexcept { return data_; }
  constexpr std::int64_t rows() const noexcept { return rows_; }
  constexpr std::int64_t cols() const noexcept { return cols_; }
  constexpr std::int64_t stride() const noexcept { return stride_; }
  constexpr bool empty() const noexcept { return rows_ == 0 || cols_ == 0; }
  constexpr std::span<T> row(std::int64_t r) const noexcept {
    return {data_ + r * stride_, static_cast<std::size_t>(cols_)};
  }
  constexpr T& operator()(std::int64_t r, std::int64_t c) const noexcept { return data_[r * stride_ + c]; }
  constexpr matrix_view rows(std::int64_t first, std::int64_t count) const noexcept {
    return {data_ + first * stride_, count, cols_, stride_};
  }

 private:
  T* data_ = nullptr;
  std::int64_t rows_ = 0, cols_ = 0, stride_ = 0;
};

/// A dense row-major matrix that owns its elements; `matrix(r, c)` is zero-filled.
template <class T>
class matrix {
 public:
  using value_type = T;

  matrix() = default;
  matrix(std::int64_t rows, std::int64_t cols, T fill = T{})
      : data_(static_cast<std::size_t>(rows * cols), fill), rows_(rows), cols_(cols) {}
  explicit matrix(matrix_view<const T> v) : matrix(v.rows(), v.cols()) {
    for (std::int64_t r = 0; r < rows_; ++r) std::copy_n(v.row(r).data(), cols_, row(r).data());
  }

  std::int64_t rows() const noexcept { return rows_; }
  std::int64_t cols() const noexcept { return cols_; }
  bool empty() const noexcept { return data_.empty(); }
  T* data() noexcept { return data_.data(); }
  const T* data() const noexcept { return data_.data(); }
  std::span<T> row(std::int64_t r) noexcept { return {data() + r * cols_, static_cast<std::size_t>(cols_)}; }
  std::span<const T> row(std::int64_t r) const noexcept {
    return {data() + r * cols_, static_cast<std::size_t>(cols_)};
  }
  T& operator()(std::int64_t r, std::int64_t c) noexcept {
    return data_[static_cast<std::size_t>(r * cols_ + c)];
  }
  const T& operator()(std::int64_t r, std::int64_t c) const noexcept {
    return data_[static_cast<std::size_t>(r * cols_ + c)];
  }

  matrix_view<T> view() noexcept { return {data(), rows_, cols_}; }
  matrix_view<const T> view() const noexcept { return {data(), rows_, cols_}; }
  operator matrix_view<T>() noexcept { return view(); }
  operator matrix_view<const T>() const noexcept { return view(); }

  /// A copy of the named rows, in that order. Throws shape_error for a row that does not exist.
  matrix rows(std::span<const std::int64_t> which) const {
    matrix out(static_cast<std::int64_t>(which.size()), cols_);
    for (std::int64_t r = 0; r < out.rows_; ++r) {
      const std::int64_t from = which[static_cast<std::size_t>(r)];
      if (from < 0 || from >= rows_)
        throw shape_error("row " + std::to_string(from) + " of a matrix of " + std::to_string(rows_) +
                          " rows");
      std::copy_n(row(from).data(), cols_, out.row(r).data());
    }
    return out;
  }

  friend bool operator==(const matrix& a, const matrix& b) noexcept {
    return a.rows_ == b.rows_ && a.cols_ == b.cols_ && a.data_ == b.data_;
  }

 private:
  buffer<T> data_;
  std::int64_t rows_ = 0, cols_ = 0;
};

/// Two matrices side by side, row by row.
template <class T>
matrix<T> concatenate_columns(matrix_view<const T> a, matrix_view<const T> b) {
  if (a.rows() != b.rows())
    throw shape_error("cannot join " + std::to_string(a.rows()) + " rows with " + std::to_string(b.rows()));
  matrix<T> out(a.rows(), a.cols() + b.cols());
  for (std::int64_t r = 0; r < a.rows(); ++r) {
    std::copy_n(a.row(r).data(), a.cols(), out.row(r).data());
    std::copy_n(b.row(r).data(), b.cols(), out.row(r).data() + a.cols());
  }
  return out;
}

/// Cosine of the angle between two vectors, 1 where they point the same way: how alike two embeddings are.
/// Summed in double; 0 where one is zero. Throws shape_error for different lengths.
template <class T>
double cosine_similarity(std::span<const T> a, std::span<const T> b) {
  if (a.size() != b.size())
    throw shape_error("cosine similarity of vectors of " + std::to_string(a.size()) + " and " +
                      std::to_string(b.size()));
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto x = static_cast<double>(a[i]), y = static_cast<double>(b[i]);
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : 0;
}

AISLE_EXTERN_TEMPLATE(class matrix<float>)
AISLE_EXTERN_TEMPLATE(class matrix<double>)

AISLE_NAMESPACE_END
