#pragma once

#include <cstdint>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/base/error.hpp>
#include <aisle/tensor/matrix.hpp>

AISLE_NAMESPACE_BEGIN

struct duplicate_options {
  double least_cosine = 0.95;  ///< that makes two rows near-duplicates, in (0, 1]
  bool centred = true;         ///< of the vectors less their mean: those of some models all point one way
  std::int64_t k = 10;         ///< nearest rows of each that are looked at
  int threads = 0;
};

/// Rows that are near-duplicates of each other, or of rows between them; clusters of two rows and more, by
/// their first rows, each ascending. Rows that are equal to more than k others are found by those. Throws
/// option_error, and row_error for NaN and infinities.
std::vector<index_vector> near_duplicates(matrix_view<const float> rows,
                                          const duplicate_options& options = {});

/// Links of rows that become clusters: what belongs together directly or through others.
class row_clusters {
 public:
  explicit row_clusters(std::int64_t rows);
  void link(std::int64_t a, std::int64_t b);
  /// Clusters of two rows and more, by their first rows, each ascending.
  std::vector<index_vector> clusters();

 private:
  std::int64_t first_of(std::int64_t row);
  index_vector parent_;
};

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/learn/near_duplicates.ipp>
#endif
