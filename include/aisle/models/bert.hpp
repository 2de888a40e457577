#pragma once

#include <string>

#include <aisle/models/family.hpp>

AISLE_NAMESPACE_BEGIN
namespace models {

/// BERT (Devlin et al. 2018) and everything of its shape (MiniLM): post-norm layers, learned positions, erf
/// GELU.
struct bert_config {
  std::int64_t hidden = 384, layers = 6, heads = 12, intermediate = 1536;
  std::int64_t vocabulary = 30522, positions = 512, types = 2;
  float eps = 1e-12f;
  bool pooler = true;

  /// Sizes as the tensors have them; heads (which no tensor shows), eps, activation and how many of the
  /// layers are run from config.json. Throws format_error for a model type, an activation or a position
  /// embedding that is not BERT's, and for decoders.
  static bert_config from_checkpoint(const nn::weight_source& weights, const json& config);
};

/// Tokens in; outputs "mean" (of the last layer's tokens), "embedding" (the same scaled to norm 1),
/// "pooler_output" (tanh of a dense layer on the first token).
nn::graph bert(const bert_config& config);

/// Hugging Face's names with and without "bert.", and the first release's gamma and beta.
const family& bert_family();

}  // namespace models
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/models/bert.ipp>
#endif
