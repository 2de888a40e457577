#pragma once

#include <cstdint>
#include <string>

#include <aisle/base/config.hpp>
#include <aisle/base/progress.hpp>
#include <aisle/catalogue/embeddings.hpp>
#include <aisle/catalogue/results.hpp>

AISLE_NAMESPACE_BEGIN

struct map_options {
  std::string modality = {};      ///< "text", "image", "multimodal"; empty: by all vectors that there are
  std::int64_t rows = 20'000;     ///< on the map: an even sample where there are more
  index_vector always = {};       ///< data rows that are on it if they have a vector, ascending
  std::int64_t laid_out = 2'000;  ///< rows that t-SNE lays out; the others go among their nearest of those
  std::int64_t components = 50;   ///< principal components that t-SNE and neighbours are found by
  std::uint64_t seed = 42;
  int threads = 0;
  progress_callback progress{};
};

/// Products as points: vectors less their mean, brought to length 1 in each modality, side by side (zeros
/// where a product lacks one), their principal components, and t-SNE of those. Rows whose vectors are the
/// mean alone lie at 0. The same map whatever the number of threads. An empty map where fewer than two rows
/// have a vector. Throws option_error for options out of range, row_error for NaN and infinities in the
/// vectors.
product_map map_products(const embedding_table* text, const embedding_table* image,
                         const map_options& options = {});

namespace detail {
/// The five nearest of each vector, or as many as there are, named by `rows`.
matrix<std::int64_t> neighbours_on_map(const matrix<float>& x, const index_vector& rows, int threads);
}  // namespace detail

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/product_map.ipp>
#endif
