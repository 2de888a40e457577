#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
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

// Sizes and indices are std::int64_t, as in file formats and products of them; where a single index is asked
// for, any integer type is taken without a warning about its sign.

template <class T>
class matrix;

namespace detail {
/// rows x cols as a number of elements of `size` bytes; throws shape_error for negative sizes and for more
/// bytes than 2^63 - 1.
std::size_t matrix_elements(std::int64_t rows, std::int64_t cols, std::size_t size);
/// Other integers than index_vector holds; bool would be a mask.
template <class Index>
concept row_number = std::integral<Index> && !std::same_as<Index, bool> && !std::same_as<Index, std::int64_t>;
[[noreturn]] void throw_rows(std::int64_t first, std::int64_t count, std::int64_t rows);

/// What a range-for over rows steps through.
template <class T>
class row_iterator {
 public:
  using value_type = std::span<T>;
  using difference_type = std::ptrdiff_t;
  row_iterator() = default;
  constexpr row_iterator(T* row, std::int64_t cols, std::int64_t stride, std::int64_t at) noexcept
      : data_(row), cols_(cols), stride_(stride), at_(at) {}
  constexpr std::span<T> operator*() const noexcept {
    return {data_ + at_ * stride_, static_cast<std::size_t>(cols_)};
  }
  constexpr row_iterator& operator++() noexcept {
    ++at_;
    return *this;
  }
  constexpr row_iterator operator++(int) noexcept {
    row_iterator before = *this;
    ++at_;
    return before;
  }
  friend constexpr bool operator==(const row_iterator& a, const row_iterator& b) noexcept {
    return a.at_ == b.at_;
  }

 private:
  T* data_ = nullptr;
  std::int64_t cols_ = 0, stride_ = 0, at_ = 0;
};
}  // namespace detail

/// Rows of a matrix that lives elsewhere: `rows` x `cols`, consecutive rows `stride` elements apart. Single
/// rows and elements are not checked against the sizes.
template <class T>
class matrix_view {
 public:
  using value_type = std::remove_const_t<T>;

  constexpr matrix_view() = default;
  /// Throws shape_error for a negative size.
  constexpr matrix_view(T* data, std::int64_t rows, std::int64_t cols, std::int64_t stride)
      : data_(data), rows_(rows), cols_(cols), stride_(stride) {
    if (rows < 0 || cols < 0) detail::matrix_elements(rows, cols, 1);
  }
  constexpr matrix_view(T* data, std::int64_t rows, std::int64_t cols)
      : matrix_view(data, rows, cols, cols) {}
  /// One row.
  constexpr explicit matrix_view(std::span<T> row) noexcept
      : data_(row.data()), rows_(1), cols_(static_cast<std::int64_t>(row.size())), stride_(cols_) {}
  /// A view of T is a view of const T.
  constexpr operator matrix_view<const T>() const noexcept requires(!std::is_const_v<T>) {
    return {data_, rows_, cols_, stride_};
  }

  constexpr T* data() const noexcept { return data_; }
  constexpr std::int64_t rows() const noexcept { return rows_; }
  constexpr std::int64_t cols() const noexcept { return cols_; }
  constexpr std::int64_t stride() const noexcept { return stride_; }
  constexpr bool empty() const noexcept { return rows_ == 0 || cols_ == 0; }
  template <std::integral Index>
  constexpr std::span<T> row(Index r) const noexcept {
    return {data_ + static_cast<std::int64_t>(r) * stride_, static_cast<std::size_t>(cols_)};
  }
  template <std::integral Row, std::integral Column>
  constexpr T& operator()(Row r, Column c) const noexcept {
    return data_[static_cast<std::int64_t>(r) * stride_ + static_cast<std::int64_t>(c)];
  }
  /// Rows [first, first + count) in place. Throws shape_error where there are no such rows.
  constexpr matrix_view rows(std::int64_t first, std::int64_t count) const {
    if (first < 0 || count < 0 || count > rows_ - first) detail::throw_rows(first, count, rows_);
    return {data_ + first * stride_, count, cols_, stride_};
  }
  /// A copy of the named rows, in that order. Throws shape_error for a row that does not exist.
  matrix<value_type> rows(std::span<const std::int64_t> which) const {
    matrix<value_type> out(static_cast<std::int64_t>(which.size()), cols_);
    for (std::size_t r = 0; r < which.size(); ++r) {
      if (which[r] < 0 || which[r] >= rows_) detail::throw_rows(which[r], 1, rows_);
      std::copy_n(row(which[r]).data(), cols_, out.row(r).data());
    }
    return out;
  }
  matrix<value_type> rows(std::initializer_list<std::int64_t> which) const {
    return rows(std::span<const std::int64_t>(which.begin(), which.size()));
  }
  template <detail::row_number Index>
  matrix<value_type> rows(const std::vector<Index>& which) const {
    return rows(std::span<const std::int64_t>(index_vector(which.begin(), which.end())));
  }

  /// Over the rows, each a span.
  constexpr detail::row_iterator<T> begin() const noexcept { return {data_, cols_, stride_, 0}; }
  constexpr detail::row_iterator<T> end() const noexcept { return {data_, cols_, stride_, rows_}; }

 private:
  T* data_ = nullptr;
  std::int64_t rows_ = 0, cols_ = 0, stride_ = 0;
};

/// A dense row-major matrix that owns its elements; `matrix(r, c)` is zero-filled. Moved from, it is 0 x 0.
/// What points into it (row, view, data) cannot be taken of a temporary: give the matrix a name first.
template <class T>
class matrix {
 public:
  using value_type = T;

  matrix() = default;
  /// Throws shape_error for a negative size and for one that overflows.
  matrix(std::int64_t rows, std::int64_t cols, T fill = T{})
      : data_(detail::matrix_elements(rows, cols, sizeof(T)), fill), rows_(rows), cols_(cols) {}
  explicit matrix(matrix_view<const T> v) : matrix(v.rows(), v.cols()) {
    for (std::int64_t r = 0; r < v.rows(); ++r) std::copy_n(v.row(r).data(), cols_, row(r).data());
  }
  /// One row a vector. Throws shape_error unless all are of one length.
  explicit matrix(std::span<const std::vector<T>> rows)
      : matrix(static_cast<std::int64_t>(rows.size()),
               rows.empty() ? 0 : static_cast<std::int64_t>(rows[0].size())) {
    for (std::size_t r = 0; r < rows.size(); ++r) {
      if (rows[r].size() != rows[0].size())
        throw shape_error("row " + std::to_string(r) + " has " + std::to_string(rows[r].size()) +
                          " numbers, expected " + std::to_string(rows[0].size()) + " as row 0");
      std::copy(rows[r].begin(), rows[r].end(), row(r).begin());
    }
  }

  std::int64_t rows() const noexcept { return rows_; }
  std::int64_t cols() const noexcept { return cols_; }
  bool empty() const noexcept { return data_.empty(); }
  T* data() & noexcept { return data_.data(); }
  const T* data() const& noexcept { return data_.data(); }
  const T* data() const&& = delete;
  template <std::integral Index>
  std::span<T> row(Index r) & noexcept {
    return {data() + static_cast<std::int64_t>(r) * cols_, static_cast<std::size_t>(cols_)};
  }
  template <std::integral Index>
  std::span<const T> row(Index r) const& noexcept {
    return {data() + static_cast<std::int64_t>(r) * cols_, static_cast<std::size_t>(cols_)};
  }
  template <std::integral Index>
  std::span<const T> row(Index r) const&& = delete;
  template <std::integral Row, std::integral Column>
  T& operator()(Row r, Column c) & noexcept {
    return data_[static_cast<std::size_t>(static_cast<std::int64_t>(r) * cols_ +
                                          static_cast<std::int64_t>(c))];
  }
  template <std::integral Row, std::integral Column>
  const T& operator()(Row r, Column c) const& noexcept {
    return data_[static_cast<std::size_t>(static_cast<std::int64_t>(r) * cols_ +
                                          static_cast<std::int64_t>(c))];
  }
  template <std::integral Row, std::integral Column>
  T operator()(Row r, Column c) const&& noexcept {
    return (*this)(r, c);
  }

  matrix_view<T> view() & noexcept { return {data(), rows_, cols_}; }
  matrix_view<const T> view() const& noexcept { return {data(), rows_, cols_}; }
  matrix_view<const T> view() const&& = delete;
  // As an argument that is read a temporary lives long enough; what is written into one would be lost.
  operator matrix_view<T>() & noexcept AISLE_LIFETIME_BOUND { return view(); }
  operator matrix_view<const T>() const noexcept AISLE_LIFETIME_BOUND { return view(); }

  /// A copy of the named rows, in that order. Throws shape_error for a row that does not exist.
  matrix rows(std::span<const std::int64_t> which) const {
    matrix out(static_cast<std::int64_t>(which.size()), cols_);
    for (std::size_t r = 0; r < which.size(); ++r) {
      if (which[r] < 0 || which[r] >= rows_) detail::throw_rows(which[r], 1, rows_);
      std::copy_n(row(which[r]).data(), cols(), out.row(r).data());
    }
    return out;
  }
  matrix rows(std::initializer_list<std::int64_t> which) const {
    return rows(std::span<const std::int64_t>(which.begin(), which.size()));
  }
  template <detail::row_number Index>
  matrix rows(const std::vector<Index>& which) const {
    return rows(std::span<const std::int64_t>(index_vector(which.begin(), which.end())));
  }

  /// Over the rows, each a span.
  detail::row_iterator<T> begin() & noexcept { return view().begin(); }
  detail::row_iterator<T> end() & noexcept { return view().end(); }
  detail::row_iterator<const T> begin() const& noexcept { return view().begin(); }
  detail::row_iterator<const T> end() const& noexcept { return view().end(); }
  detail::row_iterator<const T> begin() const&& = delete;
  detail::row_iterator<const T> end() const&& = delete;

  friend bool operator==(const matrix& a, const matrix& b) noexcept {
    return a.rows() == b.rows() && a.cols() == b.cols() && a.data_ == b.data_;
  }

 private:
  buffer<T> data_;
  detail::moved_size<std::int64_t> rows_, cols_;
};

/// What functions of matrices take and find T by: matrix<T>, matrix_view<T>, matrix_view<const T>.
template <class M>
concept row_major = std::convertible_to<M&, matrix_view<const typename std::remove_cvref_t<M>::value_type>>;
template <row_major M>
using element_type_of = typename std::remove_cvref_t<M>::value_type;

/// Two matrices side by side, row by row. Throws shape_error when they differ in rows.
template <class T>
matrix<T> concatenate_columns(matrix_view<const T> a, matrix_view<const T> b) {
  if (a.rows() != b.rows())
    throw shape_error("cannot join " + std::to_string(a.rows()) + " rows with " + std::to_string(b.rows()) +
                      ", expected as many on both sides");
  matrix<T> out(a.rows(), a.cols() + b.cols());
  for (std::int64_t r = 0; r < a.rows(); ++r) {
    std::copy_n(a.row(r).data(), a.cols(), out.row(r).data());
    std::copy_n(b.row(r).data(), b.cols(), out.row(r).data() + a.cols());
  }
  return out;
}
template <row_major A, row_major B>
requires std::same_as<element_type_of<A>, element_type_of<B>>
auto concatenate_columns(const A& a, const B& b) {
  return concatenate_columns<element_type_of<A>>(matrix_view<const element_type_of<A>>(a),
                                                 matrix_view<const element_type_of<B>>(b));
}

/// Three and more.
template <row_major A, row_major B, row_major C, row_major... More>
auto concatenate_columns(const A& a, const B& b, const C& c, const More&... more) {
  return concatenate_columns(concatenate_columns(a, b), c, more...);
}

/// Cosine of the angle between two vectors, 1 where they point the same way: how alike two embeddings are.
/// Summed in double; 0 where one is zero. Throws shape_error for different lengths.
template <class T>
double cosine_similarity(std::span<const T> a, std::span<const T> b) {
  if (a.size() != b.size())
    throw shape_error("cosine similarity of vectors of " + std::to_string(a.size()) + " and " +
                      std::to_string(b.size()) + " numbers, expected as many");
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto x = static_cast<double>(a[i]), y = static_cast<double>(b[i]);
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : 0;
}

namespace detail {
template <class R>
using span_element = typename decltype(std::span(std::declval<const R&>()))::value_type;
}  // namespace detail

/// The same for whatever a span can be made of: rows, vectors, arrays.
template <class A, class B>
requires std::same_as<detail::span_element<A>, detail::span_element<B>>
double cosine_similarity(const A& a, const B& b) {
  using element = detail::span_element<A>;
  return cosine_similarity<element>(std::span<const element>(a), std::span<const element>(b));
}

/// The same of two matrices of one row, which encoders give for one text. Throws shape_error for others.
template <row_major A, row_major B>
requires std::same_as<element_type_of<A>, element_type_of<B>>
double cosine_similarity(const A& a, const B& b) {
  using element = element_type_of<A>;
  const matrix_view<const element> x = a, y = b;
  if (x.rows() != 1 || y.rows() != 1)
    throw shape_error("cosine similarity of matrices of " + std::to_string(x.rows()) + " and " +
                      std::to_string(y.rows()) + " rows, expected one each: take a row() of them");
  return cosine_similarity<element>(x.row(0), y.row(0));
}

namespace detail {

inline std::size_t matrix_elements(std::int64_t rows, std::int64_t cols, std::size_t size) {
  const std::int64_t elements = checked_product(rows, cols);
  if (elements < 0 || checked_product(elements, static_cast<std::int64_t>(size)) < 0)
    throw shape_error("a matrix of " + std::to_string(rows) + " x " + std::to_string(cols) +
                      (rows < 0 || cols < 0 ? ", expected no negative size"
                                            : " elements, which is more than any memory holds"));
  return static_cast<std::size_t>(elements);
}

inline void throw_rows(std::int64_t first, std::int64_t count, std::int64_t rows) {
  throw shape_error((count == 1 ? "row " + std::to_string(first)
                                : std::to_string(count) + " rows from row " + std::to_string(first)) +
                    " of a matrix of " + std::to_string(rows) + " rows");
}

}  // namespace detail

AISLE_EXTERN_TEMPLATE(class matrix<float>)
AISLE_EXTERN_TEMPLATE(class matrix<double>)

AISLE_NAMESPACE_END
