#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/catalogue/detail/experiment_rows.hpp>
#include <aisle/catalogue/experiment_options.hpp>
#include <aisle/catalogue/recipe.hpp>
#include <aisle/catalogue/results.hpp>

// Which recipe suits a catalogue.

AISLE_NAMESPACE_BEGIN
namespace detail {

/// Recipes worth trying on a modality, the plainest first: of equals the first is chosen.
/// `columns`: those of the catalogue to look at beside the vectors; recipes without them are tried too.
std::vector<recipe> candidate_recipes(const modality& m, const std::vector<std::string>& columns);

/// Tries them on the folds of every modality's rows: all on the first fold, and those that are not far behind
/// on the others. Compared are the accuracy and macro F1, halves each, of all rows held out. Where
/// options.search_seconds pass, fits end, and what is half done does not count. `folds`: of every modality;
/// one without any gets its first candidate. Of more than options.search_rows rows a sample is looked at.
std::vector<recipe_search> search_recipes(std::span<const modality> modalities,
                                          std::span<const std::vector<row_sides>> folds, std::uint64_t seed,
                                          const experiment_options& options);

}  // namespace detail
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/detail/recipe_search.ipp>
#endif
