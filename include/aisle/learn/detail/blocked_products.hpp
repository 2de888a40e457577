#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <aisle/base/parallel.hpp>
#include <aisle/kernels/gemm.hpp>
#include <aisle/tensor/buffer.hpp>
#include <aisle/tensor/matrix.hpp>

// Products with an operand that is made piece by piece and never stands in memory as a whole.

AISLE_NAMESPACE_BEGIN

namespace detail {

// Sums over the inner dimension are cut here, whatever else there is.
inline constexpr std::int64_t axes_chunk = 512;

/// a B, where fill(column, first, count, to) writes a piece of a column of B.
template <class C, class Fill>
matrix<C> times_columns(const matrix<C>& a, std::int64_t columns, int threads, const Fill& fill) {
  constexpr std::int64_t piece = 256;
  const kernels::kernel_table& table = kernels::plain_table();
  const std::int64_t inner = a.cols();
  matrix<C> out(a.rows(), columns);
  parallel_for((columns + piece - 1) / piece, threads, [&](std::int64_t task) {
    const std::int64_t begin = task * piece, width = std::min(piece, columns - begin);
    buffer<std::byte> scratch;
    for (std::int64_t first = 0; first < inner; first += axes_chunk) {
      const std::int64_t count = std::min(axes_chunk, inner - first);
      const kernels::packed_matrix<C> right(
          table, count, width, [&](std::int64_t c, C* to) { fill(begin + c, first, count, to); });
      scratch.resize(static_cast<std::size_t>(right.scratch_bytes()));
      kernels::gemm_rows<C> left;
      left.data = a.data() + first;
      left.stride = inner;
      kernels::gemm_epilogue<C> epilogue;
      epilogue.accumulate = first > 0;
      kernels::gemm_packed<C>(right, left, a.rows(), out.data() + begin, columns, epilogue, 1,
                              scratch.data());
    }
  });
  return out;
}

/// Adds z z^T to the upper triangle of `sums`. Products within z are computed in its type.
template <class T>
void add_products(const matrix<T>& z, matrix<double>& sums, int threads) {
  constexpr std::int64_t tile = 192;
  const kernels::kernel_table& table = kernels::plain_table();
  const std::int64_t n = z.rows(), inner = z.cols(), blocks = (n + tile - 1) / tile;
  const auto size = [&](std::int64_t block) { return std::min(tile, n - block * tile); };
  std::vector<kernels::packed_matrix<T>> right(static_cast<std::size_t>(blocks));
  parallel_for(blocks, threads, [&](std::int64_t b) {
    right[static_cast<std::size_t>(b)] =
        kernels::packed_matrix<T>(table, inner, size(b), z.row(b * tile).data(), inner);
  });
  std::vector<std::pair<std::int64_t, std::int64_t>> pairs;
  for (std::int64_t i = 0; i < blocks; ++i)
    for (std::int64_t j = i; j < blocks; ++j) pairs.emplace_back(i, j);
  parallel_for(static_cast<std::int64_t>(pairs.size()), threads, [&](std::int64_t task) {
    const auto& pair = pairs[static_cast<std::size_t>(task)];
    const std::int64_t i = pair.first, j = pair.second;
    matrix<T> products(size(i), size(j));
    const kernels::packed_matrix<T>& columns = right[static_cast<std::size_t>(j)];
    buffer<std::byte> scratch(static_cast<std::size_t>(columns.scratch_bytes()));
    kernels::gemm_rows<T> left;
    left.data = z.row(i * tile).data();
    left.stride = inner;
    kernels::gemm_packed<T>(columns, left, size(i), products.data(), size(j), {}, 1, scratch.data());
    for (std::int64_t r = 0; r < products.rows(); ++r) {
      const T* from = products.row(r).data();
      double* to = sums.row(i * tile + r).data() + j * tile;
      for (std::int64_t c = 0; c < products.cols(); ++c) to[c] += static_cast<double>(from[c]);
    }
  });
}

/// z z^T, where z is `rows` rows of `inner` numbers that at(row, i) gives, in pieces of axes_chunk of them.
/// Products within a piece are computed in T. before(piece) is called ahead of each.
template <class T, class At, class Before>
matrix<double> symmetric_products(std::int64_t rows, std::int64_t inner, int threads, const At& at,
                                  const Before& before) {
  matrix<double> sums(rows, rows);
  const std::int64_t pieces = (inner + axes_chunk - 1) / axes_chunk;
  matrix<T> z;
  for (std::int64_t piece = 0; piece < pieces; ++piece) {
    before(piece);
    const std::int64_t first = piece * axes_chunk, count = std::min(axes_chunk, inner - first);
    if (z.cols() != count) z = matrix<T>(rows, count);
    parallel_for((rows + 15) / 16, threads, [&](std::int64_t strip) {
      for (std::int64_t r = 16 * strip; r < std::min(rows, 16 * strip + 16); ++r)
        for (std::int64_t i = 0; i < count; ++i) z(r, i) = at(r, first + i);
    });
    add_products(z, sums, threads);
  }
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t c = 0; c < r; ++c) sums(r, c) = sums(c, r);
  return sums;
}

}  // namespace detail

AISLE_NAMESPACE_END
