#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include <aisle/base/file.hpp>
#include <aisle/base/ranges.hpp>
#include <aisle/io/safetensors.hpp>
#include <aisle/models/zoo.hpp>
#include <aisle/nn/network.hpp>

namespace support {

/// A graph's parameter as a file of this layout has it.
inline aisle::tensor laid_out(std::span<const float> values, const aisle::shape& dims,
                              aisle::nn::weight_layout layout) {
  const bool keras = layout == aisle::nn::weight_layout::keras && dims.rank() > 1;
  const std::int64_t height = dims.rank() == 4 ? dims[2] : 1, width = dims.rank() == 4 ? dims[3] : 1;
  aisle::tensor t(aisle::dtype::f32, !keras             ? dims
                                     : dims.rank() == 4 ? aisle::shape{height, width, dims[1], dims[0]}
                                                        : aisle::shape{dims[1], dims[0]});
  const auto to = t.data<float>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto at = static_cast<std::int64_t>(i);
    if (!keras) {
      to[i] = values[i];
      continue;
    }
    const std::int64_t tap = at % (height * width), in = at / (height * width) % dims[1],
                       out = at / (height * width * dims[1]);
    to[static_cast<std::size_t>((tap * dims[1] + in) * dims[0] + out)] = values[i];
  }
  return t;
}

/// Every parameter that a graph asks for, as a checkpoint under one scheme's names: deterministic noise.
/// `without` is a parameter's name in the graph.
inline aisle::state_dict checkpoint_of(const aisle::nn::graph& g, const aisle::nn::value_shape& nominal,
                                       const aisle::models::key_scheme& scheme,
                                       const std::string& prefix = {}, const std::string& without = {}) {
  aisle::state_dict d;
  const aisle::nn::weight_source noise = aisle::models::generated_weights();
  const aisle::nn::weight_source collect(
      [&](const std::string& name, const aisle::shape& dims, std::span<float> out) {
        noise.read(name, dims, out);
        const std::string key = prefix + aisle::models::key_for(scheme, name);
        if (name == without || d.contains(key)) return;
        d.add(key, laid_out(out, dims, scheme.layout));
      });
  std::vector<std::string> outputs;
  for (const auto& [name, id] : g.outputs) outputs.push_back(name);
  const aisle::nn::network net(g, collect, nominal, {.outputs = outputs});
  return d;
}

/// Makes `folder` a model of text: two small layers, the words red, blue and shirt.
inline void write_tiny_bert(const std::string& folder) {
  const std::vector<std::string> words = {"[PAD]",  "[UNK]", "[CLS]", "[SEP]",
                                          "[MASK]", "red",   "blue",  "shirt"};
  std::string vocabulary;
  for (const std::string& w : words) vocabulary += w + "\n";
  const aisle::models::bert_config config = {.hidden = 16,
                                             .layers = 2,
                                             .heads = 2,
                                             .intermediate = 32,
                                             .vocabulary = static_cast<std::int64_t>(words.size()),
                                             .positions = 64};
  aisle::make_folders(folder);
  aisle::write_safetensors(aisle::join_path(folder, "model.safetensors"),
                           checkpoint_of(aisle::models::bert(config), aisle::nn::value_shape::tokens(0),
                                         aisle::models::bert_family().schemes[0]));
  aisle::write_file(aisle::join_path(folder, "config.json"), R"({"num_attention_heads": 2})");
  aisle::write_file(aisle::join_path(folder, "vocab.txt"), vocabulary);
}

/// Makes `folder` a model of static embeddings as Model2Vec writes it: the words of write_tiny_bert().
inline void write_tiny_table(const std::string& folder) {
  const std::vector<std::string> words = {"[PAD]", "[UNK]", "red", "blue", "shirt"};
  aisle::json vocabulary = aisle::json::object();
  for (const std::string& w : words) vocabulary[w] = static_cast<std::int64_t>(vocabulary.size());
  const auto tokenizer =
      aisle::json::object({{"normalizer", aisle::json::object({{"type", "BertNormalizer"}})},
                           {"pre_tokenizer", aisle::json::object({{"type", "BertPreTokenizer"}})},
                           {"model", aisle::json::object({{"type", "WordPiece"},
                                                          {"unk_token", "[UNK]"},
                                                          {"continuing_subword_prefix", "##"},
                                                          {"max_input_chars_per_word", 100},
                                                          {"vocab", vocabulary}})}});
  const auto size = static_cast<std::int64_t>(words.size());
  aisle::make_folders(folder);
  aisle::write_safetensors(
      aisle::join_path(folder, "model.safetensors"),
      checkpoint_of(aisle::models::static_embedding({.vocabulary = size, .rows = size, .dimension = 6}),
                    aisle::nn::value_shape::tokens(0), aisle::models::static_family().schemes[1]));
  aisle::write_file(aisle::join_path(folder, "config.json"),
                    R"({"model_type": "model2vec", "normalize": true, "max_length": 9})");
  aisle::write_file(aisle::join_path(folder, "tokenizer.json"), tokenizer.dump());
}

/// Makes `folder` a model of pictures of 32 x 32: a ResNet of four small blocks.
inline void write_tiny_resnet(const std::string& folder) {
  const aisle::models::resnet_config config = {
      .bottleneck = false, .stem = 8, .layers = {1, 1, 1, 1}, .widths = {8, 16, 16, 24}, .classes = 0};
  aisle::make_folders(folder);
  aisle::write_safetensors(
      aisle::join_path(folder, "model.safetensors"),
      checkpoint_of(aisle::models::resnet(config), aisle::nn::value_shape::map(32, 32, 3),
                    aisle::models::resnet_family().schemes[0]));
  aisle::write_file(aisle::join_path(folder, "config.json"),
                    R"({"pretrained_cfg": {"input_size": [3, 32, 32], "interpolation": "bilinear",
                        "crop_pct": 1.0}})");
}

}  // namespace support
