#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

#include <aisle/base/parallel.hpp>
#include <aisle/base/process.hpp>
#include <aisle/tensor/buffer.hpp>
#include <aisle/tensor/finite.hpp>
#include <aisle/tensor/matrix.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// Which of at most 256 bins each feature value lies in, a byte a value, feature by feature: made once and
/// shared by all trees. Bins rise with the values, equal values share one, and their counts are as equal as
/// that allows. A feature of up to 256 values gives each its own, at even distances.
template <class T>
class binned_features {
 public:
  static constexpr int bins = 256;
  /// Of more rows, as many at even distances say where the bins lie.
  static constexpr std::int64_t sampled_rows = 8192;

  binned_features(matrix_view<const T> x, int threads)
      : rows_(x.rows()),
        codes_(static_cast<std::size_t>(x.rows() * x.cols())),
        values_(static_cast<std::size_t>(x.cols())) {
    // Columns are taken in blocks of a cache line: reading one at a time would touch every line of x 16
    // times.
    constexpr std::int64_t block = 64 / sizeof(T);
    struct scratch {
      std::vector<T> columns[static_cast<std::size_t>(block)];
      std::vector<key_type> sample, spare;
      bin_edges edges;
    };
    std::vector<scratch> workers(static_cast<std::size_t>(thread_budget(threads)));
    parallel_for((x.cols() + block - 1) / block, threads, [&](std::int64_t b, int worker) {
      auto& [columns, sample, spare, edges] = workers[static_cast<std::size_t>(worker)];
      const std::int64_t first = b * block, count = std::min(block, x.cols() - first);
      for (std::int64_t c = 0; c < count; ++c) columns[c].resize(static_cast<std::size_t>(rows_));
      for (std::int64_t r = 0; r < rows_; ++r)
        for (std::int64_t c = 0; c < count; ++c) columns[c][static_cast<std::size_t>(r)] = x(r, first + c);
      for (std::int64_t c = 0; c < count; ++c) {
        throw_if_interrupted();
        take_sample(columns[c], sample);
        sort(sample, spare);
        edges.set(sample);
        fill(first + c, columns[c], edges);
      }
    });
  }

  const std::uint8_t* codes(std::int64_t feature) const noexcept { return codes_.data() + feature * rows_; }
  /// Rows of one bin have one value.
  bool one_value_a_bin(std::int64_t feature) const noexcept {
    return values_[static_cast<std::size_t>(feature)] != many;
  }
  /// Values are at least sixteen bins apart.
  bool few_values(std::int64_t feature) const noexcept {
    return values_[static_cast<std::size_t>(feature)] == few;
  }

 private:
  using key_type = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;

  /// Unsigned integers in the order of the floats; -0 equals 0.
  static key_type key_of(T v) noexcept {
    const auto bits = std::bit_cast<key_type>(v == T{0} ? T{0} : v);
    constexpr key_type sign = key_type{1} << (8 * sizeof(T) - 1);
    return bits & sign ? ~bits : bits | sign;
  }

  static T value_of(key_type key) noexcept {
    constexpr key_type sign = key_type{1} << (8 * sizeof(T) - 1);
    return std::bit_cast<T>(key & sign ? key & ~sign : ~key);
  }

  static void take_sample(const std::vector<T>& column, std::vector<key_type>& sample) {
    const auto rows = static_cast<std::int64_t>(column.size()), taken = std::min(rows, sampled_rows);
    sample.resize(static_cast<std::size_t>(taken));
    for (std::int64_t i = 0; i < taken; ++i)
      sample[static_cast<std::size_t>(i)] = key_of(column[static_cast<std::size_t>(i * rows / taken)]);
  }

  /// Radix sort by 11 bits, low digit first; digits that are the same everywhere are skipped.
  static void sort(std::vector<key_type>& keys, std::vector<key_type>& spare) {
    if (keys.size() < 256) {
      std::sort(keys.begin(), keys.end());
      return;
    }
    spare.resize(keys.size());
    for (int shift = 0; shift < static_cast<int>(8 * sizeof(T)); shift += 11) {
      std::uint32_t count[2048] = {};
      for (const auto k : keys) ++count[(k >> shift) & 2047u];
      if (count[(keys[0] >> shift) & 2047u] == keys.size()) continue;
      std::uint32_t sum = 0;
      for (auto& c : count) sum += std::exchange(c, sum);
      for (const auto k : keys) spare[count[(k >> shift) & 2047u]++] = k;
      keys.swap(spare);
    }
  }

  enum values_of_bins : std::uint8_t { many, one, few };

  /// Where one feature's bins end.
  class bin_edges {
   public:
    void set(const std::vector<key_type>& sorted) {
      constexpr auto all = static_cast<std::size_t>(bins);
      std::size_t distinct = 1;
      for (std::size_t i = 1; i < sorted.size(); ++i) distinct += sorted[i] != sorted[i - 1];
      values_ = distinct <= all / 16 ? few : distinct <= all ? one : many;
      std::fill_n(highest_, all, std::numeric_limits<T>::infinity());
      std::size_t code = 0, value = 0;
      for (std::size_t i = 1; i < sorted.size() && code + 1 < all; ++i) {
        if (sorted[i] == sorted[i - 1]) continue;
        ++value;
        const bool full = i * all >= (code + 1) * sorted.size();
        const std::size_t next = values_ != many ? value * all / distinct : code + full;
        while (code < next) highest_[code++] = value_of(sorted[i - 1]);
      }
      used_ = code;
      last_ = value_of(sorted.back());
      // Cells of equal width say between which edges a value is.
      low_ = highest_[0];
      const T width = code > 0 ? highest_[code - 1] - low_ : T{0};
      scale_ = is_finite(low_) && is_finite(width) && width > 0 ? T{cells} / width : T{0};
      if (!is_finite(scale_)) scale_ = 0;
      std::fill_n(first_, cells + 1, std::uint16_t{0});
      for (std::size_t c = 0; c < code; ++c) ++first_[cell_of(highest_[c]) + 1];
      for (std::size_t c = 1; c <= cells; ++c)
        first_[c] = static_cast<std::uint16_t>(first_[c] + first_[c - 1]);
    }

    std::size_t code(T v) const noexcept {
      const std::size_t cell = cell_of(v);
      std::size_t low = first_[cell], high = first_[cell + 1];
      while (high - low > 4) {
        const std::size_t middle = (low + high) / 2;
        (highest_[middle] < v ? low : high) = middle;
      }
      // Most cells hold one edge: steps without a branch, as it would be as good as random.
      low += highest_[low] < v;
      low += highest_[low] < v;
      while (highest_[low] < v) ++low;
      return low;
    }
    /// Of a bin where each has one.
    T value(std::size_t code) const noexcept { return code < used_ ? highest_[code] : last_; }
    values_of_bins values() const noexcept { return values_; }

   private:
    static constexpr std::size_t cells = 1024;

    /// Rises with the value. Without a scale (edges too far apart, or too close) there is one cell.
    std::size_t cell_of(T v) const noexcept {
      if (scale_ == 0) return 0;
      const T at = (v - low_) * scale_;
      return at > 0 ? static_cast<std::size_t>(at < T{cells - 1} ? at : T{cells - 1}) : 0;
    }

    T highest_[bins];  // value of each bin; infinity from the last one used
    T last_ = 0, low_ = 0, scale_ = 0;
    std::size_t used_ = 0;
    std::uint16_t first_[cells + 1];  // bins that end in cells before
    values_of_bins values_ = many;
  };

  void fill(std::int64_t feature, const std::vector<T>& column, const bin_edges& edges) {
    std::uint8_t* codes = codes_.data() + feature * rows_;
    bool own = true;
    for (std::size_t r = 0; r < column.size(); ++r) {
      const std::size_t code = edges.code(column[r]);
      codes[r] = static_cast<std::uint8_t>(code);
      own &= edges.value(code) == column[r];  // a value that the sample lacks shares a bin
    }
    values_[static_cast<std::size_t>(feature)] = own ? edges.values() : many;
  }

  std::int64_t rows_;
  buffer<std::uint8_t> codes_;
  std::vector<std::uint8_t> values_;
};

}  // namespace detail

AISLE_NAMESPACE_END
