#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <numeric>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aisle/learn/calibration.hpp>
#include <aisle/learn/detail/probability_pool.hpp>
#include <aisle/learn/learners.hpp>
#include <aisle/learn/logistic_regression.hpp>
#include <aisle/learn/split.hpp>

AISLE_NAMESPACE_BEGIN

/// What model files call it.
inline constexpr std::string_view late_fusion_name = "late_fusion";

/// How the classifiers of late_fusion become one.
enum class late_joining {
  /// The product of their probabilities, each to the power of its weight, scaled to sum 1.
  weighted,
  /// What a logistic regression makes of the logarithms of all their probabilities.
  stacked
};

struct late_fusion_options {
  /// Widths of the blocks of dense columns, each of which has a classifier; their sum is that of the
  /// features. Sparse features belong to the first block. Empty: all columns are one.
  std::vector<std::int64_t> blocks = {};
  late_joining joining = late_joining::weighted;
  double c = 1;   ///< of the logistic regression that stacks
  int folds = 5;  ///< by which they are joined: of what each says of rows that it did not see
  std::uint64_t seed = 42;
  /// Of every row that is learnt from: rows of equal numbers are in one fold; empty: each stands for itself.
  std::vector<std::int64_t> groups = {};
  int threads = 0;
};

/// A classifier for each block of features (the vectors of texts, those of pictures), and what joins their
/// probabilities: a block that tells little is heard little. What is learnt of the joining is learnt from
/// rows held out of the classifiers, which are then fitted again on all rows; so a fit takes folds + 1 fits
/// of each. Where there are fewer than two rows or groups all count alike.
template <class T = float>
class late_fusion final : public classifier<T> {
 public:
  /// `each`: the learner of every block, which is copied; null: logistic regression.
  explicit late_fusion(std::shared_ptr<const classifier<T>> each = nullptr, late_fusion_options options = {})
      : each_(each ? std::move(each) : std::make_shared<const logistic_regression<T>>()),
        options_(std::move(options)) {}

  std::string_view kind() const noexcept override { return late_fusion_name; }
  std::unique_ptr<classifier<T>> unfitted() const override {
    return std::make_unique<late_fusion>(each_, options_);
  }
  bool takes_sparse() const noexcept override { return each_->takes_sparse(); }

  const late_fusion_options& options() const& noexcept { return options_; }
  late_fusion_options options() const&& { return options_; }
  /// The learner of the blocks.
  const classifier<T>& each() const& noexcept { return *each_; }
  const classifier<T>& each() const&& = delete;
  /// How much each block is heard; empty where they are stacked, or not fitted.
  const std::vector<double>& weights_of_blocks() const& noexcept { return weights_; }
  std::vector<double> weights_of_blocks() const&& { return weights_; }

 protected:
  const aisle::class_weights& weights() const noexcept override { return none_; }
  int threads() const noexcept override { return options_.threads; }
  void fit_rows(const typename classifier<T>::training_data& data) override;
  void probabilities(matrix_view<const T> x, matrix_view<T> out) const override {
    probabilities_of(feature_view<T>(x), out);
  }
  void probabilities_of(const feature_view<T>& x, matrix_view<T> out) const override;
  void write(detail::model_writer& out) const override;
  void read(const detail::model_reader& in) override;

 private:
  using learners = std::vector<std::unique_ptr<classifier<T>>>;

  std::vector<std::int64_t> blocks_of(std::int64_t dense) const;
  /// The columns of a block, in place, and the sparse ones of the first.
  static feature_view<T> block(const feature_view<T>& x, std::int64_t first, std::int64_t width) {
    const matrix_view<const T> d = x.dense();
    const matrix_view<const T> part(d.data() + first, d.rows(), width, d.stride());
    return first == 0 && x.sparse() ? feature_view<T>(part, *x.sparse()) : feature_view<T>(part);
  }
  /// A fitted learner for each block.
  learners fit_blocks(const feature_view<T>& x, const label_vector& labels,
                      const std::vector<double>& sample_weights) const;
  /// Of each block the probabilities of all classes.
  std::vector<matrix<T>> ask(const learners& of, const feature_view<T>& x) const;
  /// Logarithms of all of them side by side, at their temperatures.
  matrix<T> second_level(const std::vector<matrix<T>>& said) const;
  void join(const std::vector<matrix<T>>& held_out, const label_vector& truth);

  std::shared_ptr<const classifier<T>> each_;
  late_fusion_options options_;
  aisle::class_weights none_ = {};
  std::vector<std::int64_t> blocks_;
  std::vector<std::shared_ptr<const classifier<T>>> fitted_;
  std::vector<double> temperatures_, weights_;
  std::shared_ptr<const classifier<T>> second_;  // null: weighted
};

template <class T>
std::vector<std::int64_t> late_fusion<T>::blocks_of(std::int64_t dense) const {
  if (options_.blocks.empty()) return {dense};
  std::int64_t sum = 0;
  for (const std::int64_t b : options_.blocks) {
    if (b < 1)
      throw option_error("late_fusion: a block of " + counted(b, "column") + ", expected at least one");
    sum += b;
  }
  if (sum != dense)
    throw shape_error("late_fusion: blocks of " + counted(sum, "column") + " for " +
                      counted(dense, "dense feature") + ", expected as many");
  return options_.blocks;
}

template <class T>
typename late_fusion<T>::learners late_fusion<T>::fit_blocks(
    const feature_view<T>& x, const label_vector& labels, const std::vector<double>& sample_weights) const {
  learners out;
  std::int64_t first = 0;
  for (const std::int64_t width : blocks_) {
    out.push_back(each_->unfitted());
    out.back()->fit(block(x, first, width), labels, sample_weights);
    first += width;
  }
  return out;
}

template <class T>
std::vector<matrix<T>> late_fusion<T>::ask(const learners& of, const feature_view<T>& x) const {
  std::vector<matrix<T>> out;
  std::int64_t first = 0;
  for (std::size_t b = 0; b < of.size(); ++b) {
    out.push_back(of[b]->predict_proba(block(x, first, blocks_[b])));
    first += blocks_[b];
  }
  return out;
}

template <class T>
matrix<T> late_fusion<T>::second_level(const std::vector<matrix<T>>& said) const {
  const std::int64_t classes = said.front().cols();
  matrix<T> out(said.front().rows(), static_cast<std::int64_t>(said.size()) * classes);
  for (std::size_t b = 0; b < said.size(); ++b)
    for (std::int64_t r = 0; r < out.rows(); ++r)
      detail::tempered_logs<T>(
          said[b].row(r), temperatures_[b],
          out.row(r).subspan(b * static_cast<std::size_t>(classes), static_cast<std::size_t>(classes)));
  return out;
}

template <class T>
void late_fusion<T>::join(const std::vector<matrix<T>>& held_out, const label_vector& truth) {
  for (std::size_t b = 0; b < held_out.size(); ++b) temperatures_[b] = fit_temperature(truth, held_out[b]);
  const matrix<T> logs = second_level(held_out);
  if (options_.joining == late_joining::weighted) {
    weights_ = detail::fit_pool<T>(logs, truth, held_out.size());
    return;
  }
  weights_.clear();
  auto second = std::make_shared<logistic_regression<T>>(
      logistic_options{.c = options_.c, .threads = options_.threads});
  second->fit(logs, truth);
  second_ = std::move(second);
}

template <class T>
void late_fusion<T>::fit_rows(const typename classifier<T>::training_data& data) {
  const auto rows = static_cast<std::size_t>(data.features.rows());
  if (!options_.groups.empty() && options_.groups.size() != rows)
    throw shape_error("late_fusion: groups of " + counted(options_.groups.size(), "row") + " for " +
                      std::to_string(rows));
  if (options_.folds < 2)
    throw option_error("late_fusion: folds " + std::to_string(options_.folds) + ", expected at least 2");
  blocks_ = blocks_of(data.features.dense().cols());
  second_.reset();
  temperatures_.assign(blocks_.size(), 1.0);
  weights_.assign(blocks_.size(), 1.0 / static_cast<double>(blocks_.size()));
  // The classes that have rows alone.
  std::vector<std::int64_t> numbers(static_cast<std::size_t>(data.classes));
  std::iota(numbers.begin(), numbers.end(), std::int64_t{0});
  const label_vector labels(data.codes, std::make_shared<const class_list>(std::move(numbers)));

  const std::size_t units =
      options_.groups.empty() ? rows
                              : std::set<std::int64_t>(options_.groups.begin(), options_.groups.end()).size();
  if (units >= 2 && blocks_.size() > 1) {
    const auto folds = static_cast<int>(std::min(units, static_cast<std::size_t>(options_.folds)));
    std::vector<matrix<T>> held_out;
    for (std::size_t b = 0; b < blocks_.size(); ++b)
      held_out.emplace_back(static_cast<std::int64_t>(rows), data.classes);
    for (const split_rows& fold :
         stratified_folds(labels, {.folds = folds, .seed = options_.seed, .groups = options_.groups})) {
      const feature_set<T> train = detail::rows_of(data.features, fold.train),
                           test = detail::rows_of(data.features, fold.test);
      std::vector<double> weights;
      for (const std::int64_t r : fold.train)
        weights.push_back(data.sample_weights[static_cast<std::size_t>(r)]);
      const std::vector<matrix<T>> said =
          ask(fit_blocks(train.view(), labels.rows(fold.train), weights), test.view());
      for (std::size_t b = 0; b < said.size(); ++b)
        for (std::size_t i = 0; i < fold.test.size(); ++i) {
          const auto from = said[b].row(i);
          std::copy(from.begin(), from.end(), held_out[b].row(fold.test[i]).begin());
        }
    }
    join(held_out, labels);
  }
  fitted_.clear();
  for (auto& learner : fit_blocks(data.features, labels, data.sample_weights))
    fitted_.push_back(std::move(learner));
}

template <class T>
void late_fusion<T>::probabilities_of(const feature_view<T>& x, matrix_view<T> out) const {
  std::vector<matrix<T>> said;
  std::int64_t first = 0;
  for (std::size_t b = 0; b < fitted_.size(); ++b) {
    said.push_back(fitted_[b]->predict_proba(block(x, first, blocks_[b])));
    first += blocks_[b];
  }
  const matrix<T> logs = second_level(said);
  if (!second_) return detail::pool<T>(logs, weights_, out);
  const matrix<T> p = second_->predict_proba(logs);
  for (std::int64_t r = 0; r < out.rows(); ++r)
    std::copy(p.row(r).begin(), p.row(r).end(), out.row(r).begin());
}

template <class T>
void late_fusion<T>::write(detail::model_writer& out) const {
  out.template add<std::int64_t>("blocks", blocks_);
  out.template add<double>("temperatures", temperatures_);
  if (second_)
    out.section("second", second_->state());
  else
    out.template add<double>("weights", weights_);
  for (std::size_t b = 0; b < fitted_.size(); ++b)
    out.section("block" + std::to_string(b), fitted_[b]->state());
}

template <class T>
void late_fusion<T>::read(const detail::model_reader& in) {
  blocks_ = in.template list<std::int64_t>("blocks");
  temperatures_ = in.template list<double>("temperatures");
  const std::int64_t dense = this->features() - this->sparse_features(), classes = this->classes_with_rows();
  std::int64_t sum = 0;
  for (const std::int64_t b : blocks_) {
    if (b < 1 || b > dense - sum)
      in.fail("blocks do not fit the " + std::to_string(dense) + " dense features");
    sum += b;
  }
  if (sum != dense || blocks_.empty())
    in.fail("blocks do not fit the " + std::to_string(dense) + " dense features");
  if (temperatures_.size() != blocks_.size()) in.fail("temperatures of other blocks than there are");
  for (const double t : temperatures_)
    if (!(t >= 0.01 && t <= 100))
      in.fail("a temperature outside 0.01 to 100");  // fit_temperature's are within
  const auto read_part = [&](const std::string& name, std::int64_t features, std::int64_t sparse) {
    std::shared_ptr<const classifier<T>> out = detail::read_learner<T>(in.section(name));
    if (out->features() != features || out->sparse_features() != sparse || out->classes().size() != classes)
      in.fail(name + " has " + counted(out->features(), "feature") + " and " +
              counted(out->classes().size(), "class", "classes") + ", expected " + std::to_string(features) +
              " and " + std::to_string(classes));
    return out;
  };
  fitted_.clear();
  for (std::size_t b = 0; b < blocks_.size(); ++b) {
    const std::int64_t sparse = b == 0 ? this->sparse_features() : 0;
    fitted_.push_back(read_part("block" + std::to_string(b), blocks_[b] + sparse, sparse));
  }
  each_ = fitted_.front()->unfitted();
  options_.blocks = blocks_;
  if (in.has_text("second.kind")) {
    options_.joining = late_joining::stacked;
    second_ = read_part("second", static_cast<std::int64_t>(blocks_.size()) * classes, 0);
    return;
  }
  weights_ = in.template list<double>("weights");
  if (weights_.size() != blocks_.size()) in.fail("weights of other blocks than there are");
  for (const double w : weights_)
    if (!(w >= 0 && w <= 1e3)) in.fail("a weight outside 0 to 1000");
}

AISLE_EXTERN_TEMPLATE(class late_fusion<float>)
AISLE_EXTERN_TEMPLATE(class late_fusion<double>)

AISLE_NAMESPACE_END
