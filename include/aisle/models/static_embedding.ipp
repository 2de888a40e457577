#pragma once

#include <aisle/models/family.ipp>
#include <aisle/models/static_embedding.hpp>

AISLE_NAMESPACE_BEGIN
namespace models {

AISLE_API nn::graph static_embedding(const static_embedding_config& config) {
  nn::graph_builder b;
  const nn::value mean = b.mean_of_rows({"embedding.weight", config.rows, config.dimension, config.vocabulary,
                                         config.mapping ? "mapping" : "", config.weights ? "weights" : ""});
  b.output("mean", mean);
  b.output("embedding", b.l2_normalize(mean));
  return std::move(b).finish();
}

AISLE_API static_embedding_config static_embedding_config::from_checkpoint(const nn::weight_source& weights) {
  static_embedding_config c;
  c.rows = models::dimension(weights, "embedding.weight", 0);
  c.dimension = models::dimension(weights, "embedding.weight", 1);
  c.mapping = weights.has("mapping");
  c.weights = weights.has("weights");
  c.vocabulary = c.mapping ? models::dimension(weights, "mapping", 0) : c.rows;
  if (c.rows < 1 || c.dimension < 1)
    throw tensor_error(weights.path() + ": tensor '" + weights.at("embedding.weight").name +
                       "' is empty, expected a row for each token");
  return c;
}

AISLE_API const family& static_family() {
  static const family f = {
      .name = "static",
      .text = true,
      .schemes = {{.name = "sentence-transformers", .rules = {}, .endings = {}},
                  {.name = "model2vec", .rules = {{"embedding.weight", "embeddings"}}, .endings = {}}},
      .prefixes = {""},
      .signature = {"embedding.weight"},
      .unread = {},
      .yields = true,
      .build =
          [](const nn::weight_source& weights, const json&) {
            return static_embedding(static_embedding_config::from_checkpoint(weights));
          },
  };
  return f;
}

}  // namespace models
AISLE_NAMESPACE_END
