#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <aisle/base/error.hpp>
#include <aisle/base/progress.hpp>
#include <aisle/io/safetensors.hpp>
#include <aisle/learn/detail/model_tensors.hpp>
#include <aisle/learn/detail/numbers.hpp>
#include <aisle/learn/detail/principal_axes.hpp>
#include <aisle/tensor/matrix.hpp>

AISLE_NAMESPACE_BEGIN

struct pca_options {
  std::int64_t components = 2;
  /// Projected rows have variance 1 in every component; one that does not vary is left as it is.
  bool whiten = false;
  /// false: the rows as they are, whose singular vectors are found: scikit-learn's TruncatedSVD, variances
  /// (of the population) included.
  bool centre = true;
  pca_solver solver = pca_solver::automatic;
  std::int64_t oversamples = 10;      ///< of the randomised solver: directions that it follows beside them
  std::int64_t power_iterations = 0;  ///< of the randomised solver; 0: 7 for less than a tenth of all, else 4
  std::uint64_t seed = 0;             ///< of the randomised solver
  int threads = 0;                    ///< 0: all the process may use
  progress_callback progress{};
};

/// Principal component analysis: the directions in which rows vary most, and rows as coordinates along them.
/// Figures and signs are those of scikit-learn's PCA from 1.5 on: of each component the entry of largest
/// magnitude (the first of them) is positive. A fitted one is immutable. The same model whatever the number
/// of threads.
template <class T = float>
class pca {
 public:
  pca() = default;

  /// Throws shape_error for fewer than two rows or no features, option_error for components that are none or
  /// more than there are rows or features and other options out of range, row_error for NaN, infinities, and
  /// numbers whose variance overflows.
  static pca fit(matrix_view<const T> x, const pca_options& options = {}) {
    if (options.whiten && !options.centre)
      throw option_error("PCA: whiten goes with centre, as what is not centred has another variance");
    pca out;
    out.whiten_ = options.whiten;
    out.axes_ = detail::find_principal_axes(x, {.components = options.components,
                                                .centre = options.centre,
                                                .solver = options.solver,
                                                .oversamples = options.oversamples,
                                                .power_iterations = options.power_iterations,
                                                .seed = options.seed,
                                                .threads = options.threads,
                                                .progress = &options.progress});
    out.set_scales();
    return out;
  }

  /// Rows [n, features] as coordinates [n, components]. Throws not_fitted_error before fit, shape_error for
  /// another number of features, row_error for NaN, infinities and numbers too large to project.
  matrix<T> transform(matrix_view<const T> x, int threads = 0) const {
    require_fitted();
    detail::require_numbers("features", x);
    require_columns(x.cols(), features(), "features");
    std::vector<double> factors;
    for (const double s : scales_) factors.push_back(1 / s);
    matrix<T> out = detail::project_rows(x, axes_, factors, threads);
    require_finite(out);
    return out;
  }

  /// Coordinates [n, components] back to rows [n, features]; what the left out components held is lost.
  matrix<T> inverse_transform(matrix_view<const T> projected, int threads = 0) const {
    require_fitted();
    detail::require_numbers("coordinates", projected);
    require_columns(projected.cols(), components().rows(), "coordinates");
    matrix<T> out = detail::rows_of_projected(projected, axes_, scales_, threads);
    require_finite(out);
    return out;
  }

  std::int64_t features() const noexcept { return axes_.components.cols(); }
  const std::vector<double>& mean() const& noexcept { return axes_.mean; }  ///< that was taken off
  std::vector<double> mean() const&& { return mean(); }
  /// [components, features]: unit rows, those of the largest variance first.
  const matrix<double>& components() const& noexcept { return axes_.components; }
  const matrix<double>& components() const&& = delete;
  /// Variance of the rows along each component (divided by rows - 1), its share in the variance of all
  /// features, and the singular values of the rows less their mean.
  const std::vector<double>& explained_variance() const& noexcept { return axes_.variance; }
  std::vector<double> explained_variance() const&& { return explained_variance(); }
  const std::vector<double>& explained_variance_ratio() const& noexcept { return axes_.ratio; }
  std::vector<double> explained_variance_ratio() const&& { return explained_variance_ratio(); }
  const std::vector<double>& singular_values() const& noexcept { return axes_.singular; }
  std::vector<double> singular_values() const&& { return singular_values(); }
  /// Mean variance of the directions left out (Tipping, Bishop 1999); 0 where there are none.
  double noise_variance() const noexcept { return axes_.noise; }
  bool whiten() const noexcept { return whiten_; }

  /// Writes the model as safetensors, whole or not at all.
  void save(const std::string& path) const {
    require_fitted();
    detail::model_writer out;
    out.text("kind", "pca");
    out.text("whiten", whiten_ ? "1" : "0");
    out.number("noise_variance", axes_.noise);
    out.add<double>("mean", axes_.mean);
    out.add<double>("components", axes_.components);
    out.add<double>("explained_variance", axes_.variance);
    out.add<double>("explained_variance_ratio", axes_.ratio);
    out.add<double>("singular_values", axes_.singular);
    const state_dict file = std::move(out).finish(format);
    write_safetensors(path, file, file.metadata());
  }

  /// Reads what save() wrote; a model saved from double may be read as float and the other way round. Throws
  /// format_error for anything else, damaged files included.
  static pca load(const std::string& path) {
    const detail::model_reader in(path, format);
    pca out;
    try {
      if (in.text("kind") != "pca") in.fail("aisle.kind is \"" + in.text("kind") + "\", expected \"pca\"");
      out.whiten_ = in.integer("whiten", 0, 1) == 1;
      out.axes_.noise = in.number("noise_variance");
      out.axes_.components = in.table<double>("components");
      out.axes_.mean = list(in, "mean", out.axes_.components.cols());
      const std::int64_t count = out.axes_.components.rows();
      out.axes_.variance = list(in, "explained_variance", count);
      out.axes_.ratio = list(in, "explained_variance_ratio", count);
      out.axes_.singular = list(in, "singular_values", count);
      for (const auto* values : {&out.axes_.variance, &out.axes_.ratio, &out.axes_.singular})
        for (const double v : *values)
          if (v < 0) in.fail("a variance is " + std::to_string(v) + ", expected none below 0");
      if (out.axes_.components.empty()) in.fail("a model without components");
      if (!is_finite(out.axes_.noise) || out.axes_.noise < 0)
        in.fail("aisle.noise_variance is " + in.text("noise_variance") + ", expected a number from 0 on");
    } catch (const format_error&) {
      throw;
    } catch (const error& e) {  // a missing tensor
      in.fail(e.what());
    }
    out.set_scales();
    return out;
  }

 private:
  static constexpr const char* format = "projection 1";

  void require_fitted() const {
    if (axes_.components.empty()) throw not_fitted_error("this PCA has not been fitted: pca::fit makes one");
  }
  static void require_columns(std::int64_t found, std::int64_t expected, const char* what) {
    if (found != expected)
      throw shape_error("rows of " + std::to_string(found) + " " + what + " for a PCA of " +
                        std::to_string(expected));
  }
  static void require_finite(const matrix<T>& out) {
    for (std::int64_t r = 0; r < out.rows(); ++r)
      if (!all_finite(out.row(r)))
        throw row_error("features", r, "", "too large numbers: projected they overflow");
  }
  static std::vector<double> list(const detail::model_reader& in, const char* name, std::int64_t count) {
    std::vector<double> out = in.list<double>(name);
    if (static_cast<std::int64_t>(out.size()) != count)
      in.fail(std::string(name) + " has " + std::to_string(out.size()) + " numbers, expected " +
              std::to_string(count));
    return out;
  }

  /// What coordinates are divided by.
  void set_scales() {
    scales_.assign(axes_.variance.size(), 1.0);
    if (!whiten_) return;
    for (std::size_t k = 0; k < scales_.size(); ++k)
      if (axes_.variance[k] > 1e-14 * axes_.variance[0]) scales_[k] = std::sqrt(axes_.variance[k]);
  }

  detail::principal_axes axes_;
  std::vector<double> scales_;
  bool whiten_ = false;
};

AISLE_EXTERN_TEMPLATE(class pca<float>)
AISLE_EXTERN_TEMPLATE(class pca<double>)

AISLE_NAMESPACE_END
