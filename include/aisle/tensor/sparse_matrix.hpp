#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <aisle/base/counted.hpp>
#include <aisle/base/error.hpp>
#include <aisle/tensor/matrix.hpp>

AISLE_NAMESPACE_BEGIN

/// Columns of a row that are not zero, rising, and their values.
template <class T>
struct sparse_row {
  std::span<const std::int32_t> columns;
  std::span<const T> values;
};

/// A matrix of which little is not zero: compressed rows, built by appending them.
template <class T = float>
class sparse_matrix {
 public:
  sparse_matrix() = default;
  /// Without rows. Throws shape_error for a width below 0 or of 2^31 and more.
  explicit sparse_matrix(std::int64_t cols) : cols_(cols) {
    if (cols < 0 || cols > std::numeric_limits<std::int32_t>::max())
      throw shape_error("sparse matrix of " + counted(cols, "column") + ", expected 0 to 2147483647");
  }

  std::int64_t rows() const noexcept { return static_cast<std::int64_t>(ends_.size()); }
  std::int64_t cols() const noexcept { return cols_; }
  std::int64_t nonzeros() const noexcept { return static_cast<std::int64_t>(values_.size()); }

  /// Throws shape_error unless there is a value a column and columns rise and are below cols().
  void add_row(std::span<const std::int32_t> columns, std::span<const T> values) {
    if (columns.size() != values.size())
      throw shape_error("sparse row of " + std::to_string(columns.size()) + " columns and " +
                        counted(static_cast<std::int64_t>(values.size()), "value"));
    std::int64_t before = -1;
    for (const std::int32_t c : columns) {
      if (c <= before || c >= cols_)
        throw shape_error("sparse row: column " + std::to_string(c) + " after " + std::to_string(before) +
                          " of " + std::to_string(cols_) + ", expected rising ones");
      before = c;
    }
    columns_.insert(columns_.end(), columns.begin(), columns.end());
    values_.insert(values_.end(), values.begin(), values.end());
    ends_.push_back(nonzeros());
  }

  sparse_row<T> row(std::int64_t r) const& noexcept {
    const auto first = static_cast<std::size_t>(r == 0 ? 0 : ends_[static_cast<std::size_t>(r - 1)]);
    const std::size_t count = static_cast<std::size_t>(ends_[static_cast<std::size_t>(r)]) - first;
    return {std::span(columns_).subspan(first, count), std::span(values_).subspan(first, count)};
  }
  sparse_row<T> row(std::int64_t) const&& = delete;

  /// A copy of some rows, in the order given. Throws shape_error for a row that there is not.
  sparse_matrix rows(std::span<const std::int64_t> which) const {
    sparse_matrix out(cols_);
    for (const std::int64_t r : which) {
      if (r < 0 || r >= rows()) detail::throw_rows(r, 1, rows());
      const sparse_row<T> from = row(r);
      out.columns_.insert(out.columns_.end(), from.columns.begin(), from.columns.end());
      out.values_.insert(out.values_.end(), from.values.begin(), from.values.end());
      out.ends_.push_back(out.nonzeros());
    }
    return out;
  }

  /// Columns as rows.
  sparse_matrix transposed() const {
    sparse_matrix out(rows());
    out.ends_.assign(static_cast<std::size_t>(cols_), 0);
    for (const std::int32_t c : columns_) ++out.ends_[static_cast<std::size_t>(c)];
    std::int64_t before = 0;
    for (std::int64_t& end : out.ends_) before += std::exchange(end, before);  // where each begins
    out.columns_.resize(columns_.size());
    out.values_.resize(values_.size());
    for (std::int64_t r = 0; r < rows(); ++r) {
      const sparse_row<T> from = row(r);
      for (std::size_t i = 0; i < from.columns.size(); ++i) {
        const auto to = static_cast<std::size_t>(out.ends_[static_cast<std::size_t>(from.columns[i])]++);
        out.columns_[to] = static_cast<std::int32_t>(r);
        out.values_[to] = from.values[i];
      }
    }
    return out;
  }

 private:
  std::int64_t cols_ = 0;
  std::vector<std::int64_t> ends_;  // where a row's values end
  std::vector<std::int32_t> columns_;
  std::vector<T> values_;
};

namespace detail {
/// Adds to `sum` the rows of `b` that `a` names, each times its value: a row of the product of both.
template <class T>
void add_weighted_rows(const sparse_row<T>& a, const matrix<T>& b, std::vector<T>& sum) {
  for (std::size_t i = 0; i < a.columns.size(); ++i) {
    const T v = a.values[i];
    const T* row = b.row(a.columns[i]).data();
    for (std::size_t c = 0; c < sum.size(); ++c) sum[c] += v * row[c];
  }
}
}  // namespace detail

AISLE_NAMESPACE_END
