#pragma once

#include <string>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/tensor/matrix.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail::report {

/// A crowd of points on a map and what their texts have in common.
struct map_cluster {
  double x = 0, y = 0;  ///< where most of it is: the point of it that is nearest to its mean
  std::int64_t points = 0;
  std::string words;  ///< one to three; never empty
};

/// Points [n, 2 or more; the first two count] in a few clusters (k-means of them, the number by n) and the
/// words that are in many texts of one and in few of the others. `texts`: of each point, may be empty.
/// Clusters without telling words are left out. The same for the same points and texts.
std::vector<map_cluster> name_clusters(const matrix<float>& points, const std::vector<std::string>& texts);

}  // namespace detail::report
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/report/clusters.ipp>
#endif
