#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/base/counted.hpp>
#include <aisle/base/error.hpp>
#include <aisle/base/parallel.hpp>
#include <aisle/io/safetensors.hpp>
#include <aisle/learn/detail/model_tensors.hpp>
#include <aisle/learn/detail/numbers.hpp>
#include <aisle/learn/feature_view.hpp>
#include <aisle/learn/labels.hpp>
#include <aisle/tensor/matrix.hpp>

AISLE_NAMESPACE_BEGIN

template <class T>
class classifier;
namespace detail {
/// What a model file, or a section of one, holds. Throws format_error.
template <class T>
std::unique_ptr<classifier<T>> load_into(std::unique_ptr<classifier<T>> learner, const model_reader& in);
}  // namespace detail

/// What every learner is: fitted on rows of features and their labels, it gives a class or a probability a
/// class for new rows. Learners are templates on the type of the features, float or double.
///
/// Of all: fit refuses NaN (row_error) and, except for trees, infinities, and features so large that its own
/// numbers overflow; no probability is ever NaN; classes of the label vector's list
/// without rows (a split's rare ones) get probability 0; equal probabilities go to the class that sorts
/// first; results depend on data, options and seed, never on the number of threads.
template <class T>
class classifier {
 public:
  virtual ~classifier() = default;

  /// "random_forest", "logistic_regression", …: what model files and reports call it.
  virtual std::string_view kind() const noexcept = 0;
  /// A new learner of this kind with the same options, not fitted.
  virtual std::unique_ptr<classifier> unfitted() const = 0;

  /// Learns from `x` [rows, features] and one label a row; forgets what it learnt before. `sample_weights`:
  /// one a row, finite and not negative, times the class weights of the options; empty: all 1. Throws
  /// shape_error for no rows, no features or sizes that differ, row_error for NaN and for features that
  /// overflow, option_error for weights or options that make no sense.
  void fit(matrix_view<const T> x, const label_vector& labels, std::span<const double> sample_weights = {}) {
    fit(feature_view<T>(x), labels, sample_weights);
  }
  /// The same from dense and sparse features; throws option_error for sparse ones unless takes_sparse().
  void fit(const feature_view<T>& x, const label_vector& labels, std::span<const double> sample_weights = {});
  virtual bool takes_sparse() const noexcept { return false; }

  /// [rows, classes]: probabilities of the classes in code order; rows sum to 1. Throws not_fitted_error
  /// before fit, shape_error for another number of features, row_error for NaN and for features that
  /// overflow.
  matrix<T> predict_proba(matrix_view<const T> x) const { return predict_proba(feature_view<T>(x)); }
  matrix<T> predict_proba(const feature_view<T>& x) const;
  /// [rows, classes]: what probabilities are the softmax of. The decision values of linear models, half of it
  /// for each of two classes; of others the logarithms of their probabilities. The lowest number there is for
  /// classes without rows. Throws what predict_proba throws.
  matrix<T> scores(matrix_view<const T> x) const { return scores(feature_view<T>(x)); }
  matrix<T> scores(const feature_view<T>& x) const;
  /// The likeliest class of each row, coded in the class list of fit().
  label_vector predict(matrix_view<const T> x) const {
    const matrix<T> p = predict_proba(x);
    return likeliest(p);
  }
  /// The same from what predict_proba gave. Throws not_fitted_error before fit, shape_error for another
  /// number of classes.
  label_vector likeliest(matrix_view<const T> probabilities) const;
  label_vector predict(const feature_view<T>& x) const {
    const matrix<T> p = predict_proba(x);
    return likeliest(p);
  }
  /// Both for a single row of features.
  matrix<T> predict_proba(std::span<const T> row) const { return predict_proba(matrix_view<const T>(row)); }
  label_vector predict(std::span<const T> row) const { return predict(matrix_view<const T>(row)); }

  /// The next fit starts where `other` ended, which finds the same optimum in fewer steps. False where that
  /// helps nothing: only linear models of the same kind, classes and features go on from each other.
  virtual bool start_from(const classifier& other) {
    static_cast<void>(other);
    return false;
  }

  bool fitted() const noexcept { return features_ > 0; }
  /// The class list of fit().
  const class_list& classes() const& noexcept { return classes_ ? *classes_ : detail::no_classes(); }
  class_list classes() const&& { return classes(); }
  /// Dense and sparse ones.
  std::int64_t features() const noexcept { return features_; }
  std::int64_t sparse_features() const noexcept { return sparse_features_; }

  /// Writes everything predict needs to one safetensors file; load_classifier (model_file.hpp) reads it.
  /// Throws not_fitted_error before fit.
  void save(const std::string& path) const;
  /// What save() writes: the tensors, and its metadata.
  state_dict state() const;

 protected:
  classifier() : classes_(std::make_shared<const class_list>()) {}
  classifier(const classifier&) = default;
  classifier(classifier&&) noexcept = default;
  classifier& operator=(const classifier&) = default;
  classifier& operator=(classifier&&) noexcept = default;

  /// Rows to learn from, checked. Classes are those that have rows, numbered from 0 without gaps.
  struct training_data {
    matrix_view<const T> x;    ///< the dense features
    feature_view<T> features;  ///< all of them
    std::vector<std::int32_t> codes;
    std::int64_t classes = 0;
    std::vector<double> class_weights;   ///< one a class
    std::vector<double> sample_weights;  ///< one a row, without the class's
    const label_vector* labels = nullptr;
    std::vector<std::int32_t> present;  ///< codes in `labels` of the classes
    /// sample weight times class weight of every row
    std::vector<double> row_weights() const {
      std::vector<double> out(sample_weights);
      for (std::size_t r = 0; r < out.size(); ++r)
        out[r] *= class_weights[static_cast<std::size_t>(codes[r])];
      return out;
    }
  };

  virtual const aisle::class_weights& weights() const noexcept = 0;
  /// The thread option of the learner; fit() checks it.
  virtual int threads() const noexcept { return 0; }
  virtual bool allows_infinity() const noexcept { return false; }
  /// True where probabilities() itself throws by require_finite(): it looks at numbers when it reads them.
  virtual bool checks_numbers() const noexcept { return false; }
  /// Throws row_error for the first of x that is no number which the learner takes.
  void require_finite(const feature_view<T>& x) const;
  virtual void fit_rows(const training_data& data) = 0;
  /// Throws unless fitted on as many features and, but for who checks_numbers() itself, all of x are numbers
  /// that the learner takes.
  void check_features(const feature_view<T>& x) const;
  /// For fit_rows: the learner's own numbers are not finite any more. Throws row_error at the largest
  /// feature.
  [[noreturn]] void throw_overflow(matrix_view<const T> x) const;
  /// Fills `out` [rows, classes with rows].
  virtual void probabilities(matrix_view<const T> x, matrix_view<T> out) const = 0;
  /// The same of dense and sparse features; for learners that take both.
  virtual void probabilities_of(const feature_view<T>& x, matrix_view<T> out) const {
    probabilities(x.dense(), out);
  }
  /// Fills `out` [rows, classes with rows] with scores.
  virtual void decide(const feature_view<T>& x, matrix_view<T> out) const {
    probabilities_of(x, out);
    for (std::int64_t r = 0; r < out.rows(); ++r)
      for (T& p : out.row(r)) p = std::log(std::max(p, std::numeric_limits<T>::min()));
  }
  virtual void write(detail::model_writer& out) const = 0;
  virtual void read(const detail::model_reader& in) = 0;

  std::int64_t classes_with_rows() const noexcept { return static_cast<std::int64_t>(present_.size()); }
  void load_into(const detail::model_reader& in);

 private:
  void require_probabilities(matrix_view<const T> p) const;
  void require_fitted() const;
  /// [rows, classes] of what fill() gives for the classes with rows; `absent` for the others.
  template <class Fill>
  matrix<T> of_all_classes(std::int64_t rows, T absent, const Fill& fill) const;

  std::shared_ptr<const class_list> classes_;
  std::vector<std::int32_t> present_;          // codes of the classes that had rows
  detail::moved_size<std::int64_t> features_;  // 0: not fitted
  std::int64_t sparse_features_ = 0;

  template <class U>
  friend std::unique_ptr<classifier<U>> detail::load_into(std::unique_ptr<classifier<U>> learner,
                                                          const detail::model_reader& in);
};

template <class T>
std::unique_ptr<classifier<T>> detail::load_into(std::unique_ptr<classifier<T>> learner,
                                                 const model_reader& in) {
  try {
    learner->load_into(in);
  } catch (const format_error&) {
    throw;
  } catch (const error& e) {  // a missing tensor
    in.fail(e.what());
  }
  return learner;
}

template <class T>
void classifier<T>::fit(const feature_view<T>& x, const label_vector& labels,
                        std::span<const double> sample_weights) {
  if (x.rows() != labels.size())
    throw shape_error(std::string(kind()) + ": " + counted(x.rows(), "row") + " of features and " +
                      counted(labels.size(), "label") + ", expected one label a row");
  if (x.rows() == 0 || x.cols() == 0)
    throw shape_error(std::string(kind()) + ": nothing to learn from: " + counted(x.rows(), "row") + " of " +
                      counted(x.cols(), "feature") + ", expected at least one of each");
  if (x.sparse() && !takes_sparse())
    throw option_error(std::string(kind()) + ": " + counted(x.sparse_cols(), "sparse feature") +
                       ", expected dense ones alone");
  thread_budget(threads());  // throws for a negative number; a small problem would never ask
  training_data data;
  data.x = x.dense();
  data.features = x;
  data.labels = &labels;
  if (sample_weights.empty())
    data.sample_weights.assign(static_cast<std::size_t>(x.rows()), 1.0);
  else
    data.sample_weights.assign(sample_weights.begin(), sample_weights.end());
  if (static_cast<std::int64_t>(data.sample_weights.size()) != x.rows())
    throw shape_error(std::string(kind()) + ": " + std::to_string(sample_weights.size()) +
                      " sample weights for " + counted(x.rows(), "row") + ", expected one a row");
  double total = 0;
  for (std::size_t r = 0; r < data.sample_weights.size(); ++r) {
    const double w = data.sample_weights[r];
    if (!is_finite(w) || w < 0)
      throw option_error("the sample weight of row " + std::to_string(r) + " is " + detail::number_text(w) +
                         ", expected a finite number not below 0");
    total += w;
  }
  if (!(total > 0)) throw option_error("every sample weight is 0");
  require_finite(x);

  const auto counts = labels.counts();
  const auto all_weights = weights().resolve(labels);
  std::vector<std::int32_t> compact(counts.size(), -1);
  for (std::size_t c = 0; c < counts.size(); ++c)
    if (counts[c] > 0) {
      compact[c] = static_cast<std::int32_t>(data.present.size());
      data.present.push_back(static_cast<std::int32_t>(c));
      data.class_weights.push_back(all_weights[c]);
    }
  for (const std::int32_t c : labels.codes()) data.codes.push_back(compact[static_cast<std::size_t>(c)]);
  data.classes = static_cast<std::int64_t>(data.present.size());

  features_ = 0;  // not fitted, should fit_rows throw
  fit_rows(data);
  classes_ = labels.shared_classes();
  present_ = std::move(data.present);
  features_ = x.cols();
  sparse_features_ = x.sparse_cols();
}

template <class T>
void classifier<T>::require_finite(const feature_view<T>& x) const {
  detail::require_numbers("features", x.dense(), allows_infinity(), threads());
  if (!x.sparse()) return;
  for (std::int64_t r = 0; r < x.rows(); ++r)
    if (!all_finite(x.sparse()->row(r).values))
      throw row_error("features", r, {}, "a sparse feature is no finite number");
}

template <class T>
void classifier<T>::check_features(const feature_view<T>& x) const {
  require_fitted();
  if (x.cols() != features_ || x.sparse_cols() != sparse_features_) {
    const auto of = [](std::int64_t all, std::int64_t sparse) {
      return std::to_string(all) + (sparse > 0 ? " (" + std::to_string(sparse) + " of them sparse)" : "");
    };
    throw shape_error("rows of " + of(x.cols(), x.sparse_cols()) +
                      (x.cols() == 1 ? " feature for a " : " features for a ") + std::string(kind()) +
                      " fitted on " + of(features_, sparse_features_) + ", expected as many");
  }
  if (!checks_numbers()) require_finite(x);
}

template <class T>
void classifier<T>::throw_overflow(matrix_view<const T> x) const {
  std::int64_t row = 0, column = 0;
  for (std::int64_t r = 0; r < x.rows(); ++r)
    for (std::int64_t c = 0; c < x.cols(); ++c)
      if (detail::magnitude_bits(x(r, c)) > detail::magnitude_bits(x(row, column))) row = r, column = c;
  char number[32];
  std::snprintf(number, sizeof number, "%g", static_cast<double>(x(row, column)));
  throw row_error("features", row, std::to_string(column),
                  std::string(number) + ": a " + std::string(kind()) +
                      " cannot learn from numbers as large, its own overflow; expected features of a common "
                      "scale (standard_scaler makes them so)");
}

template <class T>
void classifier<T>::require_probabilities(matrix_view<const T> p) const {
  for (std::int64_t r = 0; r < p.rows(); ++r)
    if (!all_finite(p.row(r)))
      throw row_error("features", r, {},
                      "too large for this " + std::string(kind()) + ": its probabilities are not numbers");
}

template <class T>
void classifier<T>::require_fitted() const {
  if (!fitted())
    throw not_fitted_error("this " + std::string(kind()) +
                           " has not been fitted: call fit() first, or load one that was");
}

template <class T>
template <class Fill>
matrix<T> classifier<T>::of_all_classes(std::int64_t rows, T absent, const Fill& fill) const {
  matrix<T> out(rows, classes_->size());
  if (rows == 0) return out;
  if (classes_with_rows() == classes_->size()) {
    fill(out);
    return out;
  }
  matrix<T> compact(rows, classes_with_rows());
  fill(compact);
  for (std::int64_t r = 0; r < rows; ++r) {
    if (absent != T(0)) std::fill(out.row(r).begin(), out.row(r).end(), absent);
    for (std::int64_t c = 0; c < compact.cols(); ++c)
      out(r, present_[static_cast<std::size_t>(c)]) = compact(r, c);
  }
  return out;
}

template <class T>
matrix<T> classifier<T>::predict_proba(const feature_view<T>& x) const {
  check_features(x);
  return of_all_classes(x.rows(), T(0), [&](matrix<T>& out) {
    probabilities_of(x, out);
    require_probabilities(out);
  });
}

template <class T>
matrix<T> classifier<T>::scores(const feature_view<T>& x) const {
  check_features(x);
  return of_all_classes(x.rows(), std::numeric_limits<T>::lowest(), [&](matrix<T>& out) {
    decide(x, out);
    require_probabilities(out);
  });
}

template <class T>
label_vector classifier<T>::likeliest(matrix_view<const T> p) const {
  require_fitted();
  if (p.rows() > 0 && p.cols() != classes_->size())
    throw shape_error("probabilities of " + counted(p.cols(), "class", "classes") + " for a " +
                      std::string(kind()) + " fitted on " + std::to_string(classes_->size()));
  std::vector<std::int32_t> codes(static_cast<std::size_t>(p.rows()));
  for (std::int64_t r = 0; r < p.rows(); ++r) {
    std::int32_t best = present_.front();
    for (const std::int32_t c : present_)
      if (p(r, c) > p(r, best)) best = c;
    codes[static_cast<std::size_t>(r)] = best;
  }
  return label_vector(std::move(codes), classes_);
}

template <class T>
state_dict classifier<T>::state() const {
  require_fitted();
  detail::model_writer out;
  out.text("kind", std::string(kind()));
  out.text("features", std::to_string(features()));
  if (sparse_features_ > 0) out.text("sparse_features", std::to_string(sparse_features_));
  out.classes(*classes_);
  out.add<std::int32_t>("classes.present", present_);
  write(out);
  return std::move(out).finish();
}

template <class T>
void classifier<T>::save(const std::string& path) const {
  const state_dict file = state();
  write_safetensors(path, file, file.metadata());
}

template <class T>
void classifier<T>::load_into(const detail::model_reader& in) {
  classes_ = std::make_shared<const class_list>(in.classes());
  present_ = in.list<std::int32_t>("classes.present");
  const std::int64_t features = in.integer("features", 1, std::int64_t{1} << 31);
  std::int32_t before = -1;
  for (const std::int32_t c : present_) {
    if (c <= before || c >= classes_->size()) in.fail("classes.present is not a rising list of class codes");
    before = c;
  }
  if (present_.empty()) in.fail("a model without classes");
  features_ = features;
  sparse_features_ = in.has_text("sparse_features") ? in.integer("sparse_features", 1, features) : 0;
  if (sparse_features_ > 0 && !takes_sparse()) in.fail("sparse features of a " + std::string(kind()));
  read(in);
}

AISLE_EXTERN_TEMPLATE(class classifier<float>)
AISLE_EXTERN_TEMPLATE(class classifier<double>)

AISLE_NAMESPACE_END
