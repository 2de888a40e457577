#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

#include <aisle/base/parallel.hpp>
#include <aisle/base/process.hpp>
#include <aisle/tensor/buffer.hpp>
#include <aisle/tensor/matrix.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// Feature values as small integers, feature by feature, made once and shared by all trees: a value's code is
/// its rank among the feature's distinct values, or its bin. Trees compare codes, sort codes, and read the
/// features only to name a threshold. `Code` is as narrow as the number of rows (or bins) allows: two bytes a
/// value and two for the order stand beside float features of four.
template <class T, class Code>
class feature_table {
 public:
  /// Ranks, with the order of rows by rising value.
  static feature_table ranked(matrix_view<const T> x, int threads) { return feature_table(x, threads, 0); }
  /// Bins of as equal counts as the distinct values allow; `bins` in [2, 256].
  static feature_table binned(matrix_view<const T> x, int bins, int threads) {
    return feature_table(x, threads, bins);
  }

  std::int64_t rows() const noexcept { return rows_; }
  std::int64_t features() const noexcept { return features_; }
  const Code* codes(std::int64_t feature) const noexcept { return codes_.data() + feature * rows_; }
  /// Rows by rising value; null when the values are binned.
  const Code* order(std::int64_t feature) const noexcept {
    return order_.empty() ? nullptr : order_.data() + feature * rows_;
  }
  /// Bits that hold every code.
  int bits() const noexcept { return bits_; }
  /// Binned: the upper edge of a bin, halfway to the next value that occurs.
  double edge(std::int64_t feature, std::int64_t bin) const noexcept {
    return edges_[static_cast<std::size_t>(feature * bins_ + bin)];
  }

 private:
  using key_type = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;

  /// Unsigned integers in the order of the floats; -0 equals 0.
  static key_type key_of(T v) noexcept {
    const auto bits = std::bit_cast<key_type>(v == T{0} ? T{0} : v);
    constexpr key_type sign = key_type{1} << (8 * sizeof(T) - 1);
    return bits & sign ? ~bits : bits | sign;
  }

  struct keyed_row {
    key_type key;
    std::uint32_t row;
  };
  static constexpr std::int64_t block = 64 / sizeof(T);  // features that share a cache line
  struct scratch {
    std::vector<keyed_row> columns[64 / sizeof(T)], spare;
  };

  /// Radix sort by 11 bits, low digit first; digits that are the same everywhere are skipped.
  static void sort(std::vector<keyed_row>& items, std::vector<keyed_row>& scratch) {
    if (items.size() < 256) {
      std::sort(items.begin(), items.end(), [](const auto& a, const auto& b) {
        return a.key < b.key || (a.key == b.key && a.row < b.row);
      });
      return;
    }
    scratch.resize(items.size());
    for (int shift = 0; shift < static_cast<int>(8 * sizeof(T)); shift += 11) {
      std::uint32_t count[2048] = {};
      for (const auto& v : items) ++count[(v.key >> shift) & 2047u];
      if (count[(items[0].key >> shift) & 2047u] == items.size()) continue;
      std::uint32_t sum = 0;
      for (auto& c : count) sum += std::exchange(c, sum);
      for (const auto& v : items) scratch[count[(v.key >> shift) & 2047u]++] = v;
      items.swap(scratch);
    }
  }

  feature_table(matrix_view<const T> x, int threads, int bins)
      : rows_(x.rows()), features_(x.cols()), bins_(bins) {
    const auto cells = static_cast<std::size_t>(rows_ * features_);
    codes_ = buffer<Code>(cells);
    if (bins_ == 0)
      order_ = buffer<Code>(cells);
    else
      edges_.assign(static_cast<std::size_t>(features_ * bins_), 0.0);
    bits_ = static_cast<int>(
        std::bit_width(static_cast<std::uint64_t>(std::max<std::int64_t>(bins_ > 0 ? bins_ : rows_, 2) - 1)));

    // Columns are taken in blocks of a cache line: reading one at a time would touch every line of x 16
    // times.
    std::vector<scratch> workers(static_cast<std::size_t>(thread_budget(threads)));
    parallel_for((features_ + block - 1) / block, threads, [&](std::int64_t b, int worker) {
      auto& [columns, spare] = workers[static_cast<std::size_t>(worker)];
      const std::int64_t first = b * block, count = std::min(block, features_ - first);
      for (std::int64_t c = 0; c < count; ++c) columns[c].resize(static_cast<std::size_t>(rows_));
      for (std::int64_t r = 0; r < rows_; ++r)
        for (std::int64_t c = 0; c < count; ++c)
          columns[c][static_cast<std::size_t>(r)] = {key_of(x(r, first + c)), static_cast<std::uint32_t>(r)};
      for (std::int64_t c = 0; c < count; ++c) {
        throw_if_interrupted();
        auto& column = columns[c];
        sort(column, spare);
        if (bins_ == 0)
          rank(first + c, column);
        else
          bin(x, first + c, column);
      }
    });
  }

  void rank(std::int64_t feature, const std::vector<keyed_row>& sorted) {
    Code* codes = codes_.data() + feature * rows_;
    Code* order = order_.data() + feature * rows_;
    std::uint32_t code = 0;
    for (std::size_t i = 0; i < sorted.size(); ++i) {
      code += i > 0 && sorted[i].key != sorted[i - 1].key;
      codes[sorted[i].row] = static_cast<Code>(code);
      order[i] = static_cast<Code>(sorted[i].row);
    }
  }

  void bin(matrix_view<const T> x, std::int64_t feature, const std::vector<keyed_row>& sorted) {
    Code* codes = codes_.data() + feature * rows_;
    double* edges = edges_.data() + feature * bins_;
    std::size_t distinct = 1;
    for (std::size_t i = 1; i < sorted.size(); ++i) distinct += sorted[i].key != sorted[i - 1].key;
    const bool each_its_own = distinct <= static_cast<std::size_t>(bins_);
    std::int64_t code = 0;
    for (std::size_t i = 0; i < sorted.size(); ++i) {
      if (i > 0 && sorted[i].key != sorted[i - 1].key) {
        const bool full = static_cast<std::int64_t>(i) * bins_ >= (code + 1) * rows_;
        if (each_its_own || (full && code + 1 < bins_)) {
          edges[code++] = midpoint(x(sorted[i - 1].row, feature), x(sorted[i].row, feature));
        }
      }
      codes[sorted[i].row] = static_cast<Code>(code);
    }
  }

 public:
  /// The threshold between two neighbouring values, low < high: low <= threshold < high. Halved before they
  /// are added, as the sum of two large ones overflows.
  static double midpoint(T low, T high) noexcept {
    const double a = static_cast<double>(low), b = static_cast<double>(high);
    const double middle = a / 2 + b / 2;
    return middle >= a && middle < b ? middle : a;
  }

 private:
  std::int64_t rows_, features_, bins_;
  int bits_ = 0;
  buffer<Code> codes_, order_;
  std::vector<double> edges_;
};

}  // namespace detail

AISLE_NAMESPACE_END
