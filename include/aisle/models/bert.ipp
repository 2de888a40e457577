#pragma once

#include <aisle/models/bert.hpp>
#include <aisle/models/family.ipp>

AISLE_NAMESPACE_BEGIN
namespace models {

AISLE_API nn::graph bert(const bert_config& config) {
  nn::graph_builder b;
  nn::value x =
      b.embed_tokens({"embeddings", config.vocabulary, config.positions, config.types, config.hidden});
  x = b.tap("embed", b.layer_norm(x, "embeddings.LayerNorm", config.eps));
  for (std::int64_t i = 0; i < config.layers; ++i) {
    const std::string layer = "encoder.layer." + std::to_string(i), self = layer + ".attention.self.";
    nn::value y = b.linear(x, std::vector<std::string>{self + "query", self + "key", self + "value"},
                           {.out = 3 * config.hidden});
    y = b.linear(b.attention(y, config.heads), layer + ".attention.output.dense", {.out = config.hidden});
    x = b.layer_norm(b.add(y, x), layer + ".attention.output.LayerNorm", config.eps);
    y = b.gelu(b.linear(x, layer + ".intermediate.dense", {.out = config.intermediate}));
    y = b.linear(y, layer + ".output.dense", {.out = config.hidden});
    x = b.tap("layer" + std::to_string(i + 1),
              b.layer_norm(b.add(y, x), layer + ".output.LayerNorm", config.eps));
  }
  const nn::value mean = b.mean_tokens(x);
  b.output("mean", mean);
  b.output("embedding", b.l2_normalize(mean));
  if (config.pooler)
    b.output("pooler_output", b.tanh(b.linear(b.first_token(x), "pooler.dense", {.out = config.hidden})));
  return std::move(b).finish();
}

AISLE_API bert_config bert_config::from_checkpoint(const nn::weight_source& weights, const json& config) {
  bert_config c;
  c.vocabulary = dimension(weights, "embeddings.word_embeddings.weight", 0);
  c.hidden = dimension(weights, "embeddings.word_embeddings.weight", 1);
  c.positions = dimension(weights, "embeddings.position_embeddings.weight", 0);
  c.types = dimension(weights, "embeddings.token_type_embeddings.weight", 0);
  c.layers = depth_of(
      weights, [](int i) { return "encoder.layer." + std::to_string(i) + ".attention.self.query.weight"; });
  c.intermediate = dimension(weights, "encoder.layer.0.intermediate.dense.weight", 0);
  c.pooler = weights.has("pooler.dense.weight");
  if (!config.is_object())
    throw format_error("config.json", "a BERT checkpoint needs one: no tensor shows the number of heads");
  // RoBERTa's tensors have the same names and shapes; its positions count from 2.
  expect(config, "model_type", "bert");
  c.heads = config.get<std::int64_t>("num_attention_heads");
  if (c.heads <= 0 || c.hidden % c.heads != 0)
    config.at("num_attention_heads")
        .fail("expected a divisor of the hidden size " + std::to_string(c.hidden));
  c.eps = stated_epsilon(config, "layer_norm_eps", 1e-12f);
  expect_gelu(config);
  expect(config, "position_embedding_type", "absolute");
  c.layers = stated_layers(config, c.layers);
  for (const char* key : {"is_decoder", "add_cross_attention"})
    if (config.get(key, false))
      config.at(key).fail("is true: a decoder is not built in, expected an encoder (false)");
  return c;
}

AISLE_API const family& bert_family() {
  static const family f = {
      .name = "bert",
      .text = true,
      .schemes = {{.name = "hf", .rules = {}, .endings = {}},
                  {.name = "legacy",
                   .rules = {},
                   .endings = {{"LayerNorm.weight", "LayerNorm.gamma"},
                               {"LayerNorm.bias", "LayerNorm.beta"}}}},
      .prefixes = {"", "bert."},
      .signature = {"embeddings.word_embeddings.weight", "embeddings.LayerNorm.weight",
                    "encoder.layer.0.attention.self.query.weight"},
      .unread = {"cls.", "pooler.", "classifier.", "qa_outputs."},
      // RoBERTa and its kin count positions from 2.
      .other_prefixes = {"roberta.", "xlm_roberta.", "camembert.", "data2vec_text."},
      .build = [](const nn::weight_source& weights,
                  const json& config) { return bert(bert_config::from_checkpoint(weights, config)); },
  };
  return f;
}

}  // namespace models
AISLE_NAMESPACE_END
