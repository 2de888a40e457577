#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include <aisle/base/parallel.hpp>
#include <aisle/kernels/gemm.hpp>
#include <aisle/tensor/buffer.hpp>
#include <aisle/tensor/matrix.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// The scatter matrix z^T z as what multiplies directions, for rows z [rows, features] that are read once and
/// kept as both of its products want them: a panel of the right operand of z d is, row by row, a left operand
/// of z^T (z d). A block of rows is one panel, which a core's second cache holds. Products of a block are
/// computed in T and summed in double, in an order that follows from the number of rows alone.
template <class T>
class scatter_product {
 public:
  /// fill(r, to) writes row r. What would take more than `most_bytes` is made again for every product.
  scatter_product(std::int64_t rows, std::int64_t features, std::function<void(std::int64_t, T*)> fill,
                  int threads, std::size_t most_bytes = std::size_t{2} << 30)
      : fill_(std::move(fill)), rows_(rows), features_(features), threads_(threads) {
    const kernels::product_kernel<T>& kernel =
        kernels::choose_product<T>(kernels::plain_table(), {.n = 2 * features, .k = features});
    kernel_ = &kernel;
    width_ = kernel.panel_columns;
    blocks_ = (rows + width_ - 1) / width_;
    const bool keep = static_cast<std::size_t>(blocks_ * width_) * static_cast<std::size_t>(features) <=
                      most_bytes / sizeof(T);
    kept_.resize(static_cast<std::size_t>(keep ? blocks_ : 0));
    std::vector<double> squares(static_cast<std::size_t>(blocks_));
    parallel_for(blocks_, threads_, [&](std::int64_t b) {
      kernels::packed_matrix<T> block = packed(b, &squares[static_cast<std::size_t>(b)]);
      if (keep) kept_[static_cast<std::size_t>(b)] = std::move(block);
    });
    for (const double s : squares) squares_ += s;
  }

  /// The sum of the squares of all numbers.
  double squares() const noexcept { return squares_; }
  /// How many blocks there are.
  std::int64_t blocks() const noexcept { return blocks_; }

  /// Directions [b, features] times z^T z; of every `step`th block of rows alone if step is more than 1.
  matrix<double> times(const matrix<double>& directions, std::int64_t step = 1) const {
    const std::int64_t b = directions.rows();
    matrix<T> narrow(b, features_);
    std::transform(directions.data(), directions.data() + b * features_, narrow.data(),
                   [](double v) { return static_cast<T>(v); });
    const std::int64_t blocks = (blocks_ + step - 1) / step, shares = std::min<std::int64_t>(blocks, 16);
    std::vector<matrix<double>> sums(static_cast<std::size_t>(shares));
    parallel_for(shares, threads_, [&](std::int64_t share) {
      matrix<double>& sum = sums[static_cast<std::size_t>(share)];
      sum = matrix<double>(features_, b);
      matrix<T> part(features_, b);
      constexpr std::int64_t turns = 12;  // blocks whose products are summed in T
      const std::int64_t end = blocks * (share + 1) / shares;
      for (std::int64_t first = blocks * share / shares; first < end; first += turns) {
        for (std::int64_t i = first; i < std::min(end, first + turns); ++i)
          add_block(i * step, narrow, part, i > first);
        for (std::int64_t i = 0; i < features_ * b; ++i) sum.data()[i] += static_cast<double>(part.data()[i]);
      }
    });
    constexpr std::int64_t piece = 64;
    parallel_for((features_ + piece - 1) / piece, threads_, [&](std::int64_t p) {
      const std::int64_t begin = p * piece * b, end = std::min(features_, (p + 1) * piece) * b;
      for (std::size_t s = 1; s < sums.size(); ++s)
        for (std::int64_t i = begin; i < end; ++i) sums[0].data()[i] += sums[s].data()[i];
    });
    return kernels::detail::transposed<double>(sums[0], 1);
  }

 private:
  /// A block of rows as the right operand; behind the last row come zeros.
  kernels::packed_matrix<T> packed(std::int64_t block, double* squares = nullptr) const {
    const std::int64_t first = block * width_;
    return kernels::packed_matrix<T>(*kernel_, features_, width_, [&](std::int64_t r, T* to) {
      if (first + r >= rows_) return static_cast<void>(std::fill_n(to, features_, T(0)));
      fill_(first + r, to);
      if (squares) *squares += squares_of(to);
    });
  }

  double squares_of(const T* row) const {
    T sums[16] = {};
    std::int64_t c = 0;
    for (; c + 16 <= features_; c += 16)
      for (std::int64_t k = 0; k < 16; ++k) sums[k] += row[c + k] * row[c + k];
    double out = 0;
    for (const T s : sums) out += static_cast<double>(s);
    for (; c < features_; ++c) out += static_cast<double>(row[c]) * static_cast<double>(row[c]);
    return out;
  }

  /// part [features, b] = or += z^T (z d) of a block.
  void add_block(std::int64_t block, const matrix<T>& directions, matrix<T>& part, bool accumulate) const {
    kernels::packed_matrix<T> made;
    if (kept_.empty()) made = packed(block);
    const kernels::packed_matrix<T>& z = kept_.empty() ? made : kept_[static_cast<std::size_t>(block)];
    const std::int64_t b = directions.rows();
    matrix<T> along(b, width_);
    kernels::gemm_rows<T> of_directions;
    of_directions.data = directions.data();
    of_directions.stride = features_;
    multiply(z, of_directions, b, along, false);
    const kernels::packed_matrix<T> right(kernels::plain_table(), width_, b, along.data(), along.cols());
    kernels::gemm_rows<T> left;
    left.data = reinterpret_cast<const T*>(z.data());
    left.stride = width_;
    multiply(right, left, features_, part, accumulate);
  }

  static void multiply(const kernels::packed_matrix<T>& right, const kernels::gemm_rows<T>& left,
                       std::int64_t rows, matrix<T>& out, bool accumulate) {
    kernels::gemm_epilogue<T> epilogue;
    epilogue.accumulate = accumulate;
    buffer<std::byte> scratch(static_cast<std::size_t>(right.scratch_bytes()));
    kernels::gemm_packed<T>(right, left, rows, out.data(), out.cols(), epilogue, 1, scratch.data());
  }

  std::function<void(std::int64_t, T*)> fill_;
  std::int64_t rows_, features_, blocks_ = 0;
  std::int64_t width_ = 0;  ///< rows of a block
  int threads_;
  double squares_ = 0;
  const kernels::product_kernel<T>* kernel_ = nullptr;
  std::vector<kernels::packed_matrix<T>> kept_;
};

}  // namespace detail

AISLE_NAMESPACE_END
