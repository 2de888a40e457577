#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/base/error.hpp>
#include <aisle/tensor/matrix.hpp>

AISLE_NAMESPACE_BEGIN

enum class fusion_kind {
  concat,    ///< vectors side by side as they are
  balanced,  ///< each modality less its training mean, its rows scaled to one norm: none drowns the others
  late,    ///< balanced; a classifier for each modality, whose probabilities are multiplied by learnt weights
  stacked  ///< balanced; a classifier for each modality, and a logistic regression of their probabilities
};
/// Whether each modality has a classifier of its own (late_fusion).
constexpr bool classifies_each(fusion_kind kind) noexcept {
  return kind == fusion_kind::late || kind == fusion_kind::stacked;
}

struct fusion_options {
  fusion_kind kind = fusion_kind::balanced;
  /// Norm of each modality's rows unless they are as they are. At norm 1 logistic regression's C = 1
  /// over-regularises.
  double norm = 20;
  bool operator==(const fusion_options&) const = default;
};

/// How the vectors of a row's modalities become the one vector that classifiers see, or that falls into the
/// parts which a classifier each sees. Means are those of the rows it was fitted on.
///
///     const auto fusion = aisle::balanced_fusion::fit({text.rows(train), images.rows(train)});
///     const aisle::matrix<float> x = fusion.transform({text, images});
class modality_fusion {
 public:
  using view = matrix_view<const float>;

  modality_fusion() = default;
  /// From what a file holds: one mean a modality.
  modality_fusion(std::vector<std::vector<float>> means, const fusion_options& options);

  /// `parts`: for each modality a matrix [rows, its dimension], rows alike. Throws shape_error when there are
  /// no parts, no rows, or different numbers of rows, row_error for NaN and infinities.
  static modality_fusion fit(std::span<const view> parts, const fusion_options& options = {});
  static modality_fusion fit(std::initializer_list<view> parts, const fusion_options& options = {}) {
    return fit(std::span<const view>(parts.begin(), parts.size()), options);
  }

  /// [rows, sum of the dimensions], modalities in the order given, which must be that of fit(). A row that
  /// equals the mean stays zero. Throws not_fitted_error before fit, shape_error, and row_error for NaN.
  matrix<float> transform(std::span<const view> parts) const;
  matrix<float> transform(std::initializer_list<view> parts) const {
    return transform(std::span<const view>(parts.begin(), parts.size()));
  }

  const fusion_options& options() const& noexcept { return options_; }
  fusion_options options() const&& { return options(); }
  /// The training mean of each modality.
  const std::vector<std::vector<float>>& means() const& noexcept { return means_; }
  std::vector<std::vector<float>> means() const&& { return means(); }
  /// Width of transform()'s rows.
  std::int64_t dimension() const noexcept;

 private:
  fusion_options options_;
  std::vector<std::vector<float>> means_;
};

/// Balanced is what modality_fusion does unless its options say otherwise.
using balanced_fusion = modality_fusion;

/// "concat", "balanced", "late", "stacked".
std::string_view name_of(fusion_kind kind) noexcept;
/// Throws option_error naming all.
fusion_kind parse_fusion_kind(std::string_view name);

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/fusion.ipp>
#endif
