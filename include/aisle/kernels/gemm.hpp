#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>

#include <aisle/base/error.hpp>
#include <aisle/base/parallel.hpp>
#include <aisle/kernels/choice.hpp>
#include <aisle/kernels/table.hpp>
#include <aisle/tensor/buffer.hpp>
#include <aisle/tensor/matrix.hpp>

AISLE_NAMESPACE_BEGIN

namespace kernels {

/// A right operand B [k, n] as one product kernel reads it.
template <class T>
class packed_matrix {
 public:
  packed_matrix() = default;

  /// Packs B. `fill(column, out)` writes the k values of a column: for a layer's weights [n, k] that is one
  /// row.
  template <class Fill>
  packed_matrix(const product_kernel<T>& kernel, std::int64_t k, std::int64_t n, Fill&& fill)
      : packed_matrix(kernel, k, n) {
    const std::int64_t width = kernel.panel_columns;
    buffer<T> columns(static_cast<std::size_t>(std::min(width, n) * k));
    for (std::int64_t p = 0; p < panels(); ++p) {
      const std::int64_t first = p * width, last = std::min(first + width, n);
      for (std::int64_t j = first; j < last; ++j) fill(j, columns.data() + (j - first) * k);
      pack(p, columns.data(), k);
    }
  }

  /// B given as the rows of its transpose, in place: column j is `columns + j * stride`.
  packed_matrix(const product_kernel<T>& kernel, std::int64_t k, std::int64_t n, const T* columns,
                std::int64_t stride, int threads = 1)
      : packed_matrix(kernel, k, n) {
    parallel_for(panels(), threads,
                 [&](std::int64_t p) { pack(p, columns + p * kernel.panel_columns * stride, stride); });
  }

  /// For the cheapest kernel of a table.
  template <class Fill>
  packed_matrix(const kernel_table& table, std::int64_t k, std::int64_t n, Fill&& fill)
      : packed_matrix(choose_product<T>(table, {.n = n, .k = k}), k, n, std::forward<Fill>(fill)) {}
  packed_matrix(const kernel_table& table, std::int64_t k, std::int64_t n, const T* columns,
                std::int64_t stride, int threads = 1)
      : packed_matrix(choose_product<T>(table, {.n = n, .k = k}), k, n, columns, stride, threads) {}

  const product_kernel<T>& kernel() const noexcept { return *kernel_; }
  std::int64_t k() const noexcept { return k_; }
  std::int64_t n() const noexcept { return n_; }
  std::int64_t panels() const noexcept { return kernel_->panels(n_); }
  const std::byte* data() const& noexcept { return bytes_.data(); }
  const std::byte* data() const&& = delete;
  std::size_t bytes() const noexcept { return bytes_.size(); }
  /// Bytes each worker of a product with this operand needs.
  std::int64_t scratch_bytes() const noexcept { return kernel_->memory({.n = n_, .k = k_}).scratch; }

 private:
  packed_matrix(const product_kernel<T>& kernel, std::int64_t k, std::int64_t n)
      : kernel_(&kernel),
        k_(k),
        n_(n),
        bytes_(static_cast<std::size_t>(kernel.memory({.n = n, .k = k}).packed)) {}
  void pack(std::int64_t panel, const T* columns, std::int64_t stride) {
    kernel_->pack(
        {.columns = columns, .stride = stride, .k = k_, .n = n_, .panel = panel, .packed = bytes_.data()});
  }

  const product_kernel<T>* kernel_ = nullptr;
  std::int64_t k_ = 0, n_ = 0;
  buffer<std::byte> bytes_;
};

/// c [rows, n] = epilogue(a b), cut into cache blocks for `threads` workers. Which worker computes a block,
/// and how blocks are cut, changes no bit.
template <class T>
class gemm_work {
 public:
  gemm_work(const packed_matrix<T>& b, const gemm_rows<T>& a, std::int64_t rows, T* c, std::int64_t ldc,
            const gemm_epilogue<T>& epilogue, int threads)
      : kernel_(&b.kernel()), rows_(rows), panels_(b.panels()), wide_(b.n() > rows) {
    if (rows <= 0 || b.n() <= 0) return;
    block_.a = a;
    if (!a.offsets) block_.a.taps = 1, block_.a.run = b.k();
    block_.b = b.data();
    block_.k = b.k();
    block_.n = b.n();
    block_.c = c;
    block_.ldc = ldc;
    block_.epilogue = epilogue;

    // One worker takes blocks of about block_rows rows over all panels. Several want a few tasks each: cut
    // along the operand that is larger, so that it is read once; its pieces come one after the other, and the
    // smaller operand stays in cache.
    strips_ = (rows + kernel_->tile_rows - 1) / kernel_->tile_rows;
    const std::int64_t block_strips = kernel_->block_rows / kernel_->tile_rows;
    row_blocks_ = std::max<std::int64_t>((strips_ + block_strips / 2) / block_strips, 1);
    groups_ = 1;
    if (threads > 1) {
      const std::int64_t wanted = 4 * threads;
      const auto pieces = [&](std::int64_t others) { return (wanted + others - 1) / others; };
      if (wide_) groups_ = std::min(panels_, wanted);
      row_blocks_ = std::clamp(row_blocks_, std::min(pieces(groups_), (strips_ + 2) / 3), strips_);
      if (!wide_) groups_ = std::min(panels_, pieces(row_blocks_));
    }
  }

  std::int64_t tasks() const noexcept { return row_blocks_ * groups_; }
  /// `scratch`: packed_matrix::scratch_bytes of the worker's own.
  void run(std::int64_t task, std::byte* scratch) const noexcept {
    const auto cut = [](std::int64_t whole, std::int64_t parts, std::int64_t i) { return whole * i / parts; };
    const std::int64_t rows = wide_ ? task % row_blocks_ : task / groups_,
                       group = wide_ ? task / row_blocks_ : task % groups_;
    gemm_block<T> mine = block_;
    mine.row_begin = cut(strips_, row_blocks_, rows) * kernel_->tile_rows;
    mine.row_end = std::min(cut(strips_, row_blocks_, rows + 1) * kernel_->tile_rows, rows_);
    mine.panel_begin = cut(panels_, groups_, group);
    mine.panel_end = cut(panels_, groups_, group + 1);
    mine.scratch = scratch;
    kernel_->block(mine);
  }

 private:
  const product_kernel<T>* kernel_;
  gemm_block<T> block_;
  std::int64_t rows_, panels_, strips_ = 0, row_blocks_ = 0, groups_ = 0;
  bool wide_;
};

/// The same, done. `scratch`: packed_matrix::scratch_bytes for each worker.
template <class T>
void gemm_packed(const packed_matrix<T>& b, const gemm_rows<T>& a, std::int64_t rows, T* c, std::int64_t ldc,
                 const gemm_epilogue<T>& epilogue, int threads, std::byte* scratch) {
  threads = in_parallel_region() ? 1 : thread_budget(threads);
  const gemm_work<T> work(b, a, rows, c, ldc, epilogue, threads);
  const std::int64_t scratch_each = b.scratch_bytes();
  if (threads == 1)
    for (std::int64_t task = 0; task < work.tasks(); ++task) work.run(task, scratch);
  else
    parallel_for(work.tasks(), threads,
                 [&](std::int64_t task, int worker) { work.run(task, scratch + worker * scratch_each); });
}

/// `threads`, or 1 for a product too small to share: a learner's step has a dozen products and each would
/// wait for all threads, which costs more than the work where another program holds a core.
inline int threads_worth(std::int64_t multiply_adds, int threads) noexcept {
  return multiply_adds < 32'000'000 ? 1 : threads;
}

template <class T>
struct gemm_options {
  bool transpose_a = false, transpose_b = false;
  T alpha = 1, beta = 0;
  int threads = 0;                      ///< 0: all available
  const kernel_table* table = nullptr;  ///< null: best_table()
};

namespace detail {
template <class T>
matrix<T> transposed(matrix_view<const T> a, T scale) {
  matrix<T> out(a.cols(), a.rows());
  constexpr std::int64_t block = 32;
  for (std::int64_t r0 = 0; r0 < a.rows(); r0 += block)
    for (std::int64_t c = 0; c < a.cols(); ++c)
      for (std::int64_t r = r0; r < std::min(r0 + block, a.rows()); ++r) out(c, r) = scale * a(r, c);
  return out;
}

/// Whether an element of one lies in the other. Blocks of one matrix side by side do not overlap.
template <class T>
bool overlap(matrix_view<const T> x, matrix_view<const T> y) noexcept {
  if (x.empty() || y.empty()) return false;
  constexpr auto size = static_cast<std::int64_t>(sizeof(T));
  const auto address = [](const T* p) {
    return static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(p));
  };
  // In bytes from y's first row in memory.
  std::int64_t step = y.stride() * size, from = address(x.data()) - address(y.data());
  if (step < 0) from -= (y.rows() - 1) * step;
  step = y.rows() == 1 || step == 0 ? size : std::abs(step);
  const std::int64_t rows = y.stride() == 0 ? 1 : y.rows(), width = y.cols() * size;
  const std::int64_t whole = (rows - 1) * step + width;
  for (std::int64_t r = 0; r < x.rows(); ++r) {
    const std::int64_t begin = from + r * x.stride() * size, end = begin + x.cols() * size;
    if (begin >= whole || end <= 0) continue;
    // The first row of y that ends behind `begin`.
    const std::int64_t first = begin < width ? 0 : (begin - width) / step + 1;
    if (first < rows && first * step < end) return true;
  }
  return false;
}
}  // namespace detail

/// c = alpha op(a) op(b) + beta c, with op(x) = x or its transpose. f32 uses the plain product, never split
/// bf16: learners need its accuracy. Deterministic whatever the thread count. With beta = 0, what c held is
/// not read. Throws shape_error when the sizes do not fit or c overlaps an operand.
template <class T>
void gemm(matrix_view<const T> a, matrix_view<const T> b, matrix_view<T> c,
          const gemm_options<std::type_identity_t<T>>& options = {}) {
  const std::int64_t m = options.transpose_a ? a.cols() : a.rows(),
                     k = options.transpose_a ? a.rows() : a.cols();
  const std::int64_t kb = options.transpose_b ? b.cols() : b.rows(),
                     n = options.transpose_b ? b.rows() : b.cols();
  if (k != kb || c.rows() != m || c.cols() != n)
    throw shape_error("gemm: op(a) is [" + std::to_string(m) + ", " + std::to_string(k) + "], op(b) is [" +
                      std::to_string(kb) + ", " + std::to_string(n) + "], c is [" + std::to_string(c.rows()) +
                      ", " + std::to_string(c.cols()) + "]");
  for (const auto& [operand, name] : {std::pair{a, "a"}, {b, "b"}})
    if (detail::overlap<T>(operand, c))
      throw shape_error(std::string("gemm: c overlaps ") + name + ", expected a matrix of its own");
  const bool scale =
      options.beta != T(1) && (options.beta != T(0) || k == 0);  // a product without beta is stored over c
  for (std::int64_t r = 0; r < m && scale; ++r) {
    T* row = c.row(r).data();
    for (std::int64_t j = 0; j < n; ++j) row[j] = options.beta == T(0) ? T(0) : row[j] * options.beta;
  }
  const int budget = thread_budget(options.threads);
  if (k == 0 || m == 0 || n == 0) return;
  const kernel_table& table = options.table ? *options.table : plain_table();
  // B's panels are packed from the rows of its transpose; alpha rides along with whichever operand is copied
  // anyway.
  matrix<T> bt, at;
  const bool copy_b = !options.transpose_b || (options.alpha != T(1) && !options.transpose_a);
  if (copy_b) {
    if (options.transpose_b) {
      bt = matrix<T>(b);
      for (std::int64_t i = 0; i < bt.rows() * bt.cols(); ++i) bt.data()[i] *= options.alpha;
    } else {
      bt = detail::transposed(b, options.alpha);
    }
  }
  if (options.transpose_a) at = detail::transposed(a, copy_b ? T(1) : options.alpha);
  const T* columns = copy_b ? bt.data() : b.data();
  const packed_matrix<T> packed(table, k, n, columns, copy_b ? k : b.stride(), options.threads);
  gemm_rows<T> rows;
  rows.data = options.transpose_a ? at.data() : a.data();
  rows.stride = options.transpose_a ? k : a.stride();
  gemm_epilogue<T> epilogue;
  epilogue.accumulate = options.beta != T(0);
  const int threads = in_parallel_region() ? 1 : budget;
  buffer<std::byte> scratch(static_cast<std::size_t>(packed.scratch_bytes() * threads));
  gemm_packed(packed, rows, m, c.data(), c.stride(), epilogue, threads, scratch.data());
}

/// The same for matrices and views of one element type: gemm(a, b, c). Neither operand is changed. c is a
/// view or a matrix with a name.
template <row_major A, row_major B, row_major C>
requires std::same_as<element_type_of<A>, element_type_of<B>> &&
    std::convertible_to<C, matrix_view<element_type_of<A>>>
void gemm(const A& a, const B& b, C&& c, const gemm_options<element_type_of<A>>& options = {}) {
  using element = element_type_of<A>;
  gemm<element>(matrix_view<const element>(a), matrix_view<const element>(b), matrix_view<element>(c),
                options);
}

}  // namespace kernels

AISLE_NAMESPACE_END
