#pragma once

#include <cstdint>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/learn/nearest.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// How near rows are to each other: a symmetric sparse matrix whose sum is 1. Row i holds `values` at
/// `columns`, ascending, from starts[i] to starts[i + 1].
struct affinities {
  std::vector<std::int64_t> starts;
  std::vector<std::int32_t> columns;
  std::vector<double> values;
};

/// Weights of neighbours at these squared distances: a Gaussian's whose entropy is that of `perplexity`
/// equal ones. Their sum is 1.
void calibrate(const std::vector<double>& squares, double perplexity, std::vector<double>& weights);

/// The mean of both rows' weights for each other. `neighbours` [n, k] may name the row itself.
affinities make_affinities(const matrix<std::int64_t>& neighbours, const matrix<double>& distances,
                           double perplexity, int threads);

}  // namespace detail

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/learn/detail/affinities.ipp>
#endif
