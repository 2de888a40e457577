#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include <aisle/base/process.hpp>
#include <aisle/base/random.hpp>
#include <aisle/learn/detail/binned_features.hpp>
#include <aisle/learn/detail/tree_node_rows.hpp>
#include <aisle/tensor/buffer.hpp>
#include <aisle/tensor/matrix.hpp>

AISLE_NAMESPACE_BEGIN

/// Where thresholds may lie: between any two values of a node's rows, or between 256 bins of equal counts,
/// which is faster.
enum class tree_splits {
  automatic,  ///< any two values in nodes of up to 64 rows, bins in larger ones, whose features are screened
  exact,      ///< any two values
  histogram   ///< bins
};

namespace detail {

/// Finds of all thresholds of a feature the one that makes the purest sides. Rows are sorted by their bins;
/// the features themselves are read where a bin of an exact node holds several values, and to name the
/// threshold that was chosen. In larger nodes features are screened first: by coarse bins, whose weights by
/// class fit the first cache, and only the most promising are sorted.
template <class T>
class best_splitter {
 public:
  struct split {
    double proxy = -1;
    std::int32_t feature = -1;
    std::uint8_t low_bin = 0, high_bin = 0;  ///< of the rows on either side of the threshold
    T low = 0, high = 0;                     ///< their values, where both lie in one bin
  };

  best_splitter(matrix_view<const T> x, const binned_features<T>& table, std::int64_t min_samples_leaf,
                tree_splits splits)
      : x_(x), table_(table), fewest_(static_cast<std::size_t>(min_samples_leaf)), splits_(splits) {}

  void begin(const tree_node_rows& node) {
    node_ = &node;
    const std::size_t count = node.members.size();
    keys_.resize(count);
    spare_.resize(count);
    sides_.resize(count);
    left_.resize(node.totals.size());
    exact_ = splits_ == tree_splits::exact || (splits_ == tree_splits::automatic && count <= exact_rows);
    // With as many classes as rows the weights by class would cost more than sorting.
    screens_ =
        splits_ == tree_splits::automatic && count > most_unscreened && node.totals.size() <= count / 2;
    if (screens_) begin_screening();
  }

  /// Looks between all values after bins alone gave no split. False: it had done so.
  bool refine() noexcept {
    const bool done = exact_ && !screens_;
    screens_ = false;
    exact_ = true;
    return !done;
  }

  /// Looks at features, the last one first. False: they are constant in this node.
  bool look(std::span<const std::int32_t> features, random_generator&, split& best) {
    bool varied = false;
    if (screens_) {
      while (!features.empty()) {
        throw_if_interrupted();
        const auto now = features.last(std::min<std::size_t>(features.size(), 2));
        features = features.first(features.size() - now.size());
        for (const auto next : features.last(std::min<std::size_t>(features.size(), 2))) prefetch(next);
        varied |= now.size() == 2 ? screen<2>(now) : screen<1>(now);
      }
      return varied;
    }
    for (std::size_t at = features.size(); at > 0; --at) {
      throw_if_interrupted();
      if (at > 1) prefetch(features[at - 2]);
      varied |= look_at_rows(features[at - 1], best);
      if (node_->is_pure(best.proxy)) break;
    }
    return varied;
  }

  /// After the last look.
  void settle(split& best) {
    if (!screens_) return;
    for (const auto& c : promising_)
      if (c.proxy >= 0) look_at_rows(c.feature, best);
  }

  /// Where a split cuts: `threshold`, and which rows it sends to the left.
  struct cut {
    double threshold;
    std::uint8_t bin;  ///< rows of lower ones go left, of higher ones right
    const std::uint8_t* codes;
    bool inside;  ///< rows of `bin` are compared, else they go right
    std::int32_t feature;
    matrix_view<const T> x;

    bool left(std::int32_t row) const noexcept {
      if (codes[row] != bin) return codes[row] < bin;
      return inside && static_cast<double>(x(row, feature)) <= threshold;
    }
  };

  cut cut_at(const split& s) const {
    const std::uint8_t* codes = table_.codes(s.feature);
    if (s.low_bin == s.high_bin)
      return {threshold_between(s.low, s.high), s.high_bin, codes, true, s.feature, x_};
    T low = std::numeric_limits<T>::lowest(), high = std::numeric_limits<T>::max();
    bool found_low = false, found_high = false;
    for (const auto r : node_->rows) {
      if (codes[r] == s.low_bin) {
        low = found_low ? std::max(low, x_(r, s.feature)) : x_(r, s.feature);
        found_low = true;
      } else if (codes[r] == s.high_bin) {
        high = found_high ? std::min(high, x_(r, s.feature)) : x_(r, s.feature);
        found_high = true;
      }
    }
    return {threshold_between(low, high), s.high_bin, codes, false, s.feature, x_};
  }

 private:
  /// Asks for the bins of a feature that is looked at soon.
  void prefetch(std::int32_t feature) const noexcept {
    constexpr std::size_t most = 1024;  // rows of larger nodes are close enough for the hardware to ask ahead
    if (node_->rows.size() > most) return;
    const std::uint8_t* codes = table_.codes(feature);
    for (const auto r : node_->rows) __builtin_prefetch(codes + r);
  }

  static constexpr std::size_t bins = static_cast<std::size_t>(binned_features<T>::bins);
  static constexpr std::size_t exact_rows = 64;

  // Screening.
  static constexpr std::size_t most_unscreened = 24;
  static constexpr std::size_t lanes = 4;
  struct candidate {
    float proxy = -1;
    std::int32_t feature = -1;
  };
  struct light_member {
    float weight;
    std::uint32_t class_code;
  };

  void begin_screening() {
    const std::size_t count = node_->members.size(), classes = node_->totals.size();
    stride_ = (classes + lanes - 1) / lanes * lanes;
    coarse_shift_ = count <= 128 ? 4 : 3;
    coarse_bins_ = bins >> coarse_shift_;
    // Scaled to a mean near 1, as squares of floats reach only so far; by a power of 2, as whole numbers are
    // added without rounding.
    const double scale = std::exp2(-std::ilogb(node_->weight / static_cast<double>(count)));
    light_.resize(count);
    for (std::size_t i = 0; i < count; ++i)
      light_[i] = {static_cast<float>(node_->members[i].weight * scale),
                   static_cast<std::uint32_t>(node_->members[i].class_code)};
    light_totals_.assign(stride_, 0.0f);
    for (std::size_t c = 0; c < classes; ++c) light_totals_[c] = static_cast<float>(node_->totals[c] * scale);
    light_weight_ = static_cast<float>(node_->weight * scale);
    light_square_sum_ = static_cast<float>(node_->square_sum * scale * scale);
    std::fill(std::begin(promising_), std::end(promising_), candidate{});
  }

  /// Features together, as they share a walk over the rows.
  template <std::size_t Count>
  bool screen(std::span<const std::int32_t> features) {
    const std::size_t count = node_->rows.size(), stride = stride_, table = coarse_bins_ * stride;
    weights_.assign(Count * table, 0.0f);
    const std::uint8_t* codes[Count];
    for (std::size_t f = 0; f < Count; ++f) codes[f] = table_.codes(features[f]);
    const std::int32_t* rows = node_->rows.data();
    const light_member* members = light_.data();
    float* weights = weights_.data();
    const int shift = coarse_shift_;
    for (std::size_t i = 0; i < count; ++i) {
      const std::int32_t row = rows[i];
      const light_member m = members[i];
      for (std::size_t f = 0; f < Count; ++f)
        weights[f * table + (std::size_t{codes[f][row]} >> shift) * stride + m.class_code] += m.weight;
    }
    bool varied = false;
    for (std::size_t f = Count; f-- > 0;) varied |= look_at_weights(weights + f * table, features[f]);
    return varied;
  }

  bool look_at_weights(const float* weights, std::int32_t feature) {
    light_left_.assign(stride_, 0.0f);
    // The right side is a difference, which rounds to anything where it is smaller.
    const float least_right = light_weight_ * 0x1p-10f;
    float best = -1, before = 0;
    int occupied = 0;
    for (std::size_t bin = 0; bin < coarse_bins_; ++bin) {
      const left_sums<float> side = move_left(weights + bin * stride_);
      occupied += side.weight != before;
      before = side.weight;
      side.improves(light_weight_, light_square_sum_, least_right, best);
    }
    // Bins that say little of the feature: it is not left out for that.
    if (occupied < 4 && !table_.few_values(feature)) best = std::numeric_limits<float>::max();
    keep(best, feature);
    return occupied > 1;
  }

  /// A bin's rows go to the left side.
  left_sums<float> move_left(const float* bin) noexcept {
    float squares[lanes] = {}, cross[lanes] = {}, weight[lanes] = {};
    const float* totals = light_totals_.data();
    float* left = light_left_.data();
    for (std::size_t c = 0; c < stride_; c += lanes) {
      float l[lanes];
      for (std::size_t k = 0; k < lanes; ++k) l[k] = left[c + k] + bin[c + k];
      for (std::size_t k = 0; k < lanes; ++k) squares[k] += l[k] * l[k];
      for (std::size_t k = 0; k < lanes; ++k) cross[k] += l[k] * totals[c + k];
      for (std::size_t k = 0; k < lanes; ++k) weight[k] += l[k];
      for (std::size_t k = 0; k < lanes; ++k) left[c + k] = l[k];
    }
    const auto sum = [](const float(&v)[lanes]) { return (v[0] + v[1]) + (v[2] + v[3]); };
    return {sum(weight), sum(squares), sum(cross)};
  }

  /// Among the most promising features, in the order in which they were looked at.
  void keep(float proxy, std::int32_t feature) noexcept {
    auto* const end = std::end(promising_);
    auto* worst = std::min_element(std::begin(promising_), end,
                                   [](const auto& a, const auto& b) { return a.proxy < b.proxy; });
    if (!(proxy > worst->proxy)) return;
    std::move(worst + 1, end, worst);
    end[-1] = {proxy, feature};
  }

  // A key holds a row's bin, above its rank among the values of the bin, above its place in the node: sorted
  // keys are sorted rows.
  static constexpr int bin_shift = 56, rank_shift = 32;
  static constexpr std::uint64_t last_rank = (std::uint64_t{1} << (bin_shift - rank_shift)) - 1;
  static std::uint8_t bin_of(std::uint64_t key) noexcept {
    return static_cast<std::uint8_t>(key >> bin_shift);
  }
  static std::size_t place_of(std::uint64_t key) noexcept { return static_cast<std::uint32_t>(key); }

  /// Looks at every threshold between sorted rows.
  bool look_at_rows(std::int32_t feature, split& best) {
    const std::size_t count = node_->rows.size();
    sort_by_bin(table_.codes(feature));
    if (exact_ && !table_.one_value_a_bin(feature)) rank_values(feature);
    const std::uint64_t* keys = keys_.data();
    if (keys[0] >> rank_shift == keys[count - 1] >> rank_shift) return false;

    const tree_node_rows::member* members = node_->members.data();
    double* left = left_.data();
    std::fill(left_.begin(), left_.end(), 0.0);
    left_side side;
    left_side* out = sides_.data();
    for (std::size_t i = 0; i + 1 < count; ++i) {
      side.add(members[place_of(keys[i])], left);
      // Written always, kept where the next row has another value: a branch would be as good as random.
      *out = side;
      out += (keys[i] ^ keys[i + 1]) >> rank_shift != 0;
    }
    double proxy = best.proxy;
    std::size_t found = 0;
    for (const left_side* s = sides_.data(); s != out; ++s)
      if (s->rows >= fewest_ && count - s->rows >= fewest_ && s->improves(*node_, proxy)) found = s->rows;
    if (found > 0) {
      best = {proxy, feature, bin_of(keys[found - 1]), bin_of(keys[found]), 0, 0};
      if (best.low_bin == best.high_bin) {
        best.low = x_(node_->rows[place_of(keys[found - 1])], feature);
        best.high = x_(node_->rows[place_of(keys[found])], feature);
      }
    }
    return true;
  }

  void sort_by_bin(const std::uint8_t* codes) {
    const std::int32_t* rows = node_->rows.data();
    const std::size_t count = keys_.size();
    if (count <= 12) {
      for (std::size_t i = 0; i < count; ++i) {
        const std::uint64_t key = static_cast<std::uint64_t>(codes[rows[i]]) << bin_shift | i;
        std::size_t j = i;
        for (; j > 0 && keys_[j - 1] > key; --j) keys_[j] = keys_[j - 1];
        keys_[j] = key;
      }
    } else if (count < 128) {
      std::uint32_t low[16] = {}, high[16] = {};
      for (std::size_t i = 0; i < count; ++i) {
        const std::uint8_t c = codes[rows[i]];
        spare_[i] = static_cast<std::uint64_t>(c) << bin_shift | i;
        ++low[c % 16];
        ++high[c / 16];
      }
      begins(low);
      begins(high);
      for (std::size_t i = 0; i < count; ++i) keys_[low[(spare_[i] >> bin_shift) % 16]++] = spare_[i];
      for (std::size_t i = 0; i < count; ++i) spare_[high[keys_[i] >> (bin_shift + 4)]++] = keys_[i];
      keys_.swap(spare_);
    } else {
      std::uint32_t of_bin[bins] = {};
      for (std::size_t i = 0; i < count; ++i) {
        const std::uint8_t c = codes[rows[i]];
        spare_[i] = static_cast<std::uint64_t>(c) << bin_shift | i;
        ++of_bin[c];
      }
      begins(of_bin);
      for (std::size_t i = 0; i < count; ++i) keys_[of_bin[spare_[i] >> bin_shift]++] = spare_[i];
    }
  }

  /// Counts become where each begins.
  template <std::size_t Count>
  static void begins(std::uint32_t (&counts)[Count]) noexcept {
    std::uint32_t sum = 0;
    for (auto& c : counts) sum += std::exchange(c, sum);
  }

  /// Sorts the rows of each bin by their values, too.
  void rank_values(std::int32_t feature) {
    const std::size_t count = keys_.size();
    bool shared = false;
    for (std::size_t i = 0; i + 1 < count; ++i) shared |= (keys_[i] ^ keys_[i + 1]) >> bin_shift == 0;
    if (!shared) return;
    for (std::size_t begin = 0, end = 0; begin < count; begin = end) {
      bool several_classes = fewest_ > 1;
      for (end = begin + 1; end < count && bin_of(keys_[end]) == bin_of(keys_[begin]); ++end)
        several_classes |= class_at(end) != class_at(begin);
      // Between rows of one class no threshold is the best, unless the sides are bound to a size.
      if (!several_classes || end == begin + 1) continue;
      values_.clear();
      for (std::size_t i = begin; i < end; ++i)
        values_.push_back({x_(node_->rows[place_of(keys_[i])], feature), keys_[i]});
      std::sort(values_.begin(), values_.end(),
                [](const auto& a, const auto& b) { return a.value < b.value; });
      std::uint64_t rank = 0;
      for (std::size_t i = begin; i < end; ++i) {
        const auto& v = values_[i - begin];
        rank += i > begin && values_[i - begin - 1].value < v.value && rank < last_rank;
        keys_[i] = v.key | rank << rank_shift;
      }
    }
  }

  std::int32_t class_at(std::size_t i) const noexcept {
    return node_->members[place_of(keys_[i])].class_code;
  }

  matrix_view<const T> x_;
  const binned_features<T>& table_;
  std::size_t fewest_;
  tree_splits splits_;

  struct keyed_value {
    T value;
    std::uint64_t key;
  };
  const tree_node_rows* node_ = nullptr;
  bool exact_ = true, screens_ = false;
  std::vector<std::uint64_t> keys_, spare_;
  std::vector<left_side> sides_;
  std::vector<double> left_;

  int coarse_shift_ = 0;
  std::size_t coarse_bins_ = 0, stride_ = 0;  // of a coarse bin in weights_
  std::vector<light_member> light_;
  float light_weight_ = 0, light_square_sum_ = 0;
  buffer<float> weights_, light_totals_, light_left_;
  candidate promising_[4];
  std::vector<keyed_value> values_;
};

}  // namespace detail

AISLE_NAMESPACE_END
