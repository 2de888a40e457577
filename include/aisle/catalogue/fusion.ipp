#pragma once

#include <algorithm>
#include <cmath>
#include <utility>

#include <aisle/base/counted.hpp>
#include <aisle/catalogue/fusion.hpp>
#include <aisle/learn/detail/numbers.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

AISLE_API void require_equal_rows(std::span<const modality_fusion::view> parts) {
  if (parts.empty()) throw shape_error("fusion of no modalities");
  for (const auto& p : parts)
    if (p.rows() != parts[0].rows())
      throw shape_error("fusion of modalities with " + std::to_string(parts[0].rows()) + " and " +
                        counted(p.rows(), "row") + ", expected as many");
  for (std::size_t m = 0; m < parts.size(); ++m)
    require_numbers("fusion: modality " + std::to_string(m), parts[m]);
}

}  // namespace detail

AISLE_API modality_fusion::modality_fusion(std::vector<std::vector<float>> means,
                                           const fusion_options& options)
    : options_(options), means_(std::move(means)) {
  if (!is_finite(options_.norm) || options_.norm <= 0)
    throw option_error("fusion: norm is " + detail::number_text(options_.norm) +
                       ", expected a number above 0");
}

AISLE_API modality_fusion modality_fusion::fit(std::span<const view> parts, const fusion_options& options) {
  detail::require_equal_rows(parts);
  if (parts[0].rows() == 0) throw shape_error("no rows to fit a fusion on");
  std::vector<std::vector<float>> means;
  for (const view& part : parts) {
    std::vector<double> sum(static_cast<std::size_t>(part.cols()), 0.0);
    for (std::int64_t r = 0; r < part.rows(); ++r) {
      const auto row = part.row(r);
      for (std::size_t c = 0; c < sum.size(); ++c) sum[c] += static_cast<double>(row[c]);
    }
    auto& mean = means.emplace_back(sum.size());
    std::transform(sum.begin(), sum.end(), mean.begin(),
                   [&](double v) { return static_cast<float>(v / static_cast<double>(part.rows())); });
  }
  return modality_fusion(std::move(means), options);
}

AISLE_API std::int64_t modality_fusion::dimension() const noexcept {
  std::size_t out = 0;
  for (const auto& m : means_) out += m.size();
  return static_cast<std::int64_t>(out);
}

AISLE_API matrix<float> modality_fusion::transform(std::span<const view> parts) const {
  if (means_.empty())
    throw not_fitted_error("this fusion has not been fitted: modality_fusion::fit makes one");
  detail::require_equal_rows(parts);
  if (parts.size() != means_.size())
    throw shape_error("fusion of " + std::to_string(parts.size()) + " modalities, fitted on " +
                      std::to_string(means_.size()));
  for (std::size_t m = 0; m < parts.size(); ++m)
    if (parts[m].cols() != static_cast<std::int64_t>(means_[m].size()))
      throw shape_error("fusion: modality " + std::to_string(m) + " has " +
                        counted(parts[m].cols(), "column") + ", fitted on " +
                        std::to_string(means_[m].size()));
  matrix<float> out(parts[0].rows(), dimension());
  for (std::int64_t r = 0; r < out.rows(); ++r) {
    auto to = out.row(r);
    for (std::size_t m = 0; m < parts.size(); ++m) {
      const auto from = parts[m].row(r);
      if (options_.kind == fusion_kind::concat) {
        std::copy(from.begin(), from.end(), to.begin());
      } else {
        double square = 0;
        // In double: the difference of two large floats is no float.
        const auto centred = [&](std::size_t c) {
          return static_cast<double>(from[c]) - static_cast<double>(means_[m][c]);
        };
        for (std::size_t c = 0; c < from.size(); ++c) square += centred(c) * centred(c);
        const double scale = square > 0 ? options_.norm / std::sqrt(square) : 0;
        for (std::size_t c = 0; c < from.size(); ++c) to[c] = static_cast<float>(scale * centred(c));
      }
      to = to.subspan(from.size());
    }
  }
  return out;
}

namespace detail {
inline constexpr std::pair<fusion_kind, const char*> fusion_names[] = {{fusion_kind::concat, "concat"},
                                                                       {fusion_kind::balanced, "balanced"},
                                                                       {fusion_kind::late, "late"},
                                                                       {fusion_kind::stacked, "stacked"}};
}  // namespace detail

AISLE_API std::string_view name_of(fusion_kind kind) noexcept {
  for (const auto& [known, name] : detail::fusion_names)
    if (known == kind) return name;
  return "balanced";
}

AISLE_API fusion_kind parse_fusion_kind(std::string_view name) {
  std::string names;
  for (const auto& [kind, known] : detail::fusion_names) {
    if (name == known) return kind;
    names += (names.empty() ? "" : ", ") + std::string(known);
  }
  throw option_error("no fusion is called \"" + std::string(name) + "\"; there are " + names);
}

AISLE_NAMESPACE_END
