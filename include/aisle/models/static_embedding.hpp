#pragma once

#include <aisle/models/family.hpp>

AISLE_NAMESPACE_BEGIN
namespace models {

/// Static embeddings: a table of vectors, of whose rows a text takes the mean. Model2Vec (van Dongen and
/// Tulkens 2024) and sentence-transformers' StaticEmbedding.
struct static_embedding_config {
  std::int64_t vocabulary = 29528, rows = 29528, dimension = 256;
  bool mapping = false;  ///< tokens share rows: a vocabulary that was quantised
  bool weights = false;  ///< each token has a weight

  /// All of it as the tensors have it. Throws tensor_error.
  static static_embedding_config from_checkpoint(const nn::weight_source& weights);
};

/// Tokens in; outputs "mean", "embedding" (the same scaled to norm 1).
nn::graph static_embedding(const static_embedding_config& config);

/// The names of Model2Vec and those of sentence-transformers.
const family& static_family();

}  // namespace models
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/models/static_embedding.ipp>
#endif
