#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <aisle/base/counted.hpp>
#include <aisle/base/error.hpp>
#include <aisle/base/parallel.hpp>
#include <aisle/kernels/gemm.hpp>
#include <aisle/learn/detail/numbers.hpp>
#include <aisle/learn/nearest.hpp>
#include <aisle/tensor/buffer.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// A row that may be among the nearest. Higher is nearer, whatever the metric.
struct candidate {
  double score;
  std::int64_t row;
  /// Nearer, or as near and earlier: an order without ties, so the best do not depend on how rows were cut.
  friend bool operator<(const candidate& a, const candidate& b) noexcept {
    return a.score > b.score || (a.score == b.score && a.row < b.row);
  }
};

/// The `limit` best candidates seen, the worst of them on top of a heap.
class best_candidates {
 public:
  explicit best_candidates(std::int64_t limit) : limit_(static_cast<std::size_t>(limit)) {}
  void add(candidate c) {
    if (heap_.size() < limit_) {
      heap_.push_back(c);
      std::push_heap(heap_.begin(), heap_.end());
    } else if (c < heap_.front()) {
      std::pop_heap(heap_.begin(), heap_.end());
      heap_.back() = c;
      std::push_heap(heap_.begin(), heap_.end());
    }
  }
  bool full() const noexcept { return heap_.size() == limit_; }
  double worst() const noexcept { return heap_.front().score; }
  const std::vector<candidate>& all() const noexcept { return heap_; }

 private:
  std::size_t limit_;
  std::vector<candidate> heap_;
};

/// Queries against rows in two steps. Products of blocks of queries and rows choose more rows than were asked
/// for; those are measured again in double, one by one, and the best of them are the result. Distances are
/// chosen from products in double: |q|^2 + |r|^2 - 2 q r of near vectors cancels.
template <class T>
class nearest_search {
 public:
  nearest_search(matrix_view<const T> queries, matrix_view<const T> rows, const nearest_options& options)
      : queries_(queries), rows_(rows), options_(options), threads_(thread_budget(options.threads)) {
    if (options.k < 1)
      throw option_error("nearest: k is " + std::to_string(options.k) + ", expected at least 1");
    if (queries.cols() != rows.cols())
      throw shape_error("nearest: queries of " + counted(queries.cols(), "number") + " and rows of " +
                        std::to_string(rows.cols()) + ", expected as many");
    query_norms_ = norms(queries);
    require_norms("queries", queries, query_norms_);
    // One block of queries finds the norms on its way: what it reads of the rows is then read once.
    norms_on_the_way_ = queries.rows() > 0 && queries.rows() <= query_block;
    row_norms_ = norms_on_the_way_ ? std::vector<double>(static_cast<std::size_t>(rows.rows())) : norms(rows);
    if (!norms_on_the_way_) require_norms("rows", rows, row_norms_);
    k_ = std::min(options.k, rows.rows());
    chosen_ = k_ + std::min<std::int64_t>(rows.rows() - k_, 16 + k_ / 8);
  }

  neighbours<T> run() {
    neighbours<T> out{matrix<std::int64_t>(queries_.rows(), k_), matrix<T>(queries_.rows(), k_)};
    if (k_ == 0 || queries_.rows() == 0) return out;
    // Tasks are blocks of queries; where those are fewer than threads can share, the rows are cut as well.
    const std::int64_t blocks = (queries_.rows() + query_block - 1) / query_block;
    const std::int64_t most = (rows_.rows() + row_block - 1) / row_block;
    const std::int64_t parts = threads_ == 1 ? 1 : std::clamp<std::int64_t>(4 * threads_ / blocks, 1, most);
    // Few blocks at a time: what they chose is kept until all parts of the rows are done.
    const std::int64_t room = (std::int64_t{1} << 28) / static_cast<std::int64_t>(sizeof(candidate));
    const std::int64_t together = std::clamp<std::int64_t>(room / (parts * query_block * chosen_), 1,
                                                           std::max<std::int64_t>(1, 4 * threads_ / parts));
    for (std::int64_t first = 0; first < blocks; first += together) {
      const std::int64_t count = std::min(together, blocks - first);
      std::vector<std::vector<best_candidates>> best(static_cast<std::size_t>(count * parts));
      parallel_for(count * parts, threads_, [&](std::int64_t task) {
        const std::int64_t part = task % parts, n = rows_.rows();
        best[static_cast<std::size_t>(task)] =
            choose(first + task / parts, n * part / parts, n * (part + 1) / parts);
      });
      if (norms_on_the_way_) require_norms("rows", rows_, row_norms_);
      const std::int64_t begin = first * query_block;
      const std::int64_t end = std::min((first + count) * query_block, queries_.rows());
      parallel_for(end - begin, threads_, [&](std::int64_t i) {
        best_candidates merged(chosen_);
        const std::int64_t block = i / query_block, inside = i % query_block;
        for (std::int64_t part = 0; part < parts; ++part)
          for (const candidate& c :
               best[static_cast<std::size_t>(block * parts + part)][static_cast<std::size_t>(inside)].all())
            merged.add(c);
        measure(begin + i, merged.all(), out);
      });
    }
    return out;
  }

 private:
  static constexpr std::int64_t query_block = 128, row_block = 256;

  /// Eight sums side by side: a single chain of additions takes longer than memory.
  static double norm_of(std::span<const T> row) noexcept {
    constexpr std::size_t lanes = 8;
    double sums[lanes] = {};
    std::size_t i = 0;
    for (; i + lanes <= row.size(); i += lanes)
      for (std::size_t lane = 0; lane < lanes; ++lane) {
        const auto v = static_cast<double>(row[i + lane]);
        sums[lane] += v * v;
      }
    for (; i < row.size(); ++i) sums[0] += static_cast<double>(row[i]) * static_cast<double>(row[i]);
    double all = 0;
    for (const double s : sums) all += s;
    return std::sqrt(all);
  }

  static void find_norms(matrix_view<const T> m, std::int64_t first, std::int64_t last,
                         std::vector<double>& out) noexcept {
    for (std::int64_t r = first; r < last; ++r) out[static_cast<std::size_t>(r)] = norm_of(m.row(r));
  }

  /// Euclidean norm of every row.
  std::vector<double> norms(matrix_view<const T> m) const {
    std::vector<double> out(static_cast<std::size_t>(m.rows()));
    parallel_for((m.rows() + row_block - 1) / row_block, threads_, [&](std::int64_t b) {
      find_norms(m, b * row_block, std::min((b + 1) * row_block, m.rows()), out);
    });
    return out;
  }

  /// Throws row_error for a number that is none: the norm of its row is none either.
  static void require_norms(const char* what, matrix_view<const T> m, const std::vector<double>& norms) {
    for (std::int64_t r = 0; r < m.rows(); ++r) {
      if (is_finite(norms[static_cast<std::size_t>(r)])) continue;
      require_numbers(what, m);  // throws for the first
      throw row_error(what, r, "", "the squares of its numbers overflow, expected smaller ones");
    }
  }

  std::vector<best_candidates> choose(std::int64_t block, std::int64_t first, std::int64_t last) {
    return options_.metric == metric::l2 ? choose_by<double>(block, first, last)
                                         : choose_by<T>(block, first, last);
  }

  /// The best rows of [first, last) for each query of a block. Products are computed in C.
  template <class C>
  std::vector<best_candidates> choose_by(std::int64_t block, std::int64_t first, std::int64_t last) {
    const std::int64_t q0 = block * query_block, count = std::min(query_block, queries_.rows() - q0);
    const std::int64_t width = rows_.cols();
    // Cosine: queries of norm 1, so that the product of a row is no larger than the row.
    const kernels::packed_matrix<C> right(
        kernels::plain_table(), width, count, [&](std::int64_t column, C* out) {
          const double norm = query_norms_[static_cast<std::size_t>(q0 + column)];
          const double scale = options_.metric == metric::cosine && norm > 0 ? 1 / norm : 1;
          for (const T v : queries_.row(q0 + column)) *out++ = static_cast<C>(static_cast<double>(v) * scale);
        });
    std::vector<best_candidates> best(static_cast<std::size_t>(count), best_candidates(chosen_));
    std::vector<double> bar(best.size(), std::numeric_limits<double>::lowest());
    matrix<C> products(row_block, count), converted;
    if constexpr (!std::is_same_v<C, T>) converted = matrix<C>(row_block, width);
    buffer<std::byte> scratch(static_cast<std::size_t>(right.scratch_bytes()));
    for (std::int64_t r0 = first; r0 < last; r0 += row_block) {
      const std::int64_t n = std::min(row_block, last - r0);
      if (norms_on_the_way_) find_norms(rows_, r0, r0 + n, row_norms_);
      kernels::gemm_rows<C> left;
      if constexpr (std::is_same_v<C, T>) {
        left.data = rows_.row(r0).data();
        left.stride = rows_.stride();
      } else {
        for (std::int64_t r = 0; r < n; ++r)
          std::copy(rows_.row(r0 + r).begin(), rows_.row(r0 + r).end(), converted.row(r).begin());
        left.data = converted.data();
        left.stride = width;
      }
      if (width > 0) kernels::gemm_packed<C>(right, left, n, products.data(), count, {}, 1, scratch.data());
      for (std::int64_t r = 0; r < n; ++r) {
        const double norm = row_norms_[static_cast<std::size_t>(r0 + r)];
        if (!is_finite(norm)) continue;  // thrown for at the end
        double scale = 1, offset = 0;    // from a product to what orders the rows of one query
        if (options_.metric == metric::cosine) scale = norm > 0 ? 1 / norm : 0;
        if (options_.metric == metric::l2) scale = 2, offset = norm * norm;
        const C* row = products.row(r).data();
        for (std::size_t q = 0; q < best.size(); ++q) {
          double score = static_cast<double>(row[q]) * scale - offset;
          if (!is_finite(score)) score = exact(q0 + static_cast<std::int64_t>(q), r0 + r);  // large floats
          if (score <= bar[q]) continue;  // rows come in their order: an equal one is behind
          best[q].add({score, r0 + r});
          if (best[q].full()) bar[q] = best[q].worst();
        }
      }
    }
    return best;
  }

  /// The metric itself, in double; distances with their sign turned: higher is nearer.
  double exact(std::int64_t query, std::int64_t row) const {
    const auto q = queries_.row(query), r = rows_.row(row);
    double sum = 0;
    if (options_.metric == metric::l2) {
      for (std::size_t i = 0; i < q.size(); ++i) {
        const double d = static_cast<double>(q[i]) - static_cast<double>(r[i]);
        sum += d * d;
      }
      return -std::sqrt(sum);
    }
    for (std::size_t i = 0; i < q.size(); ++i) sum += static_cast<double>(q[i]) * static_cast<double>(r[i]);
    if (options_.metric == metric::dot) return sum;
    const double norms =
        query_norms_[static_cast<std::size_t>(query)] * row_norms_[static_cast<std::size_t>(row)];
    return norms > 0 ? std::clamp(sum / norms, -1.0, 1.0) : 0;
  }

  void measure(std::int64_t query, const std::vector<candidate>& chosen, neighbours<T>& out) const {
    std::vector<candidate> order;
    for (const candidate& c : chosen) order.push_back({exact(query, c.row), c.row});
    std::sort(order.begin(), order.end());
    for (std::int64_t i = 0; i < k_; ++i) {
      const auto [score, row] = order[static_cast<std::size_t>(i)];
      out.indices(query, i) = row;
      out.scores(query, i) = static_cast<T>(options_.metric == metric::l2 ? std::abs(score) : score);
    }
  }

  matrix_view<const T> queries_, rows_;
  nearest_options options_;
  int threads_;
  std::vector<double> query_norms_, row_norms_;
  bool norms_on_the_way_ = false;
  std::int64_t k_ = 0, chosen_ = 0;
};

}  // namespace detail

AISLE_API neighbours<float> nearest(matrix_view<const float> queries, matrix_view<const float> rows,
                                    const nearest_options& options) {
  return detail::nearest_search<float>(queries, rows, options).run();
}
AISLE_API neighbours<double> nearest(matrix_view<const double> queries, matrix_view<const double> rows,
                                     const nearest_options& options) {
  return detail::nearest_search<double>(queries, rows, options).run();
}
AISLE_API neighbours<float> nearest(std::span<const float> query, matrix_view<const float> rows,
                                    const nearest_options& options) {
  return nearest(matrix_view<const float>(query), rows, options);
}
AISLE_API neighbours<double> nearest(std::span<const double> query, matrix_view<const double> rows,
                                     const nearest_options& options) {
  return nearest(matrix_view<const double>(query), rows, options);
}

AISLE_NAMESPACE_END
