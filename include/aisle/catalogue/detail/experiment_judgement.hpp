#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/catalogue/detail/experiment_rows.hpp>

// How far the scores of an experiment can be trusted.

AISLE_NAMESPACE_BEGIN
namespace detail {

/// Least cosine of centred vectors that makes two rows near-twins. Of all-MiniLM-L6-v2 the sizes of one
/// product have 0.96 and more in half of all cases and 0.9 nearly always; the nearest of different products
/// have 0.5 to 0.8.
inline constexpr double least_twin_cosine = 0.9;

/// Test rows of a split that are looked at, and those that have a near-twin among the training rows, if only
/// through another test row.
struct twin_rows {
  twin_findings findings;
  std::vector<bool> looked_at, twin;  ///< by data row
};
/// Looks at each text and picture alone; of more than 20,000 test rows (fewer of a large catalogue, so that
/// 2e9 pairs are compared) at an even sample.
twin_rows find_twins(const catalogue& products, std::span<const modality> modalities,
                     const split_sides& split, int threads);

/// Fills in the evidence of all classifiers but for calibration. `groups`: of every data row; empty: none.
void judge(experiment_result& result, const label_vector& labels, const twin_rows& twins,
           const std::vector<std::int64_t>& groups, int threads);

/// The groups of all data rows: of those that take part their own, of others none that matter.
std::vector<std::int64_t> groups_by_row(const chosen_rows& chosen, std::int64_t data_rows);

/// What is odd about the groups, a sentence each: that no row has a partner, classes that only train.
std::vector<std::string> odd_groups(const catalogue& products, const chosen_rows& chosen);

}  // namespace detail
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/detail/experiment_judgement.ipp>
#endif
