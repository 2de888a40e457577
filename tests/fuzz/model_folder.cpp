// Any bytes as the files of a model's folder beside its weights: settings, tokenizer, sentence-transformers'
// modules, image processors; of a model of text, one of static embeddings, one of pictures. An input is
// parts; each begins with the letter of its file, the others are as they should be.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aisle/base/file.hpp>
#include <aisle/base/ranges.hpp>
#include <aisle/image/image_encoder.hpp>
#include <aisle/io/safetensors.hpp>
#include <aisle/tensor/finite.hpp>
#include <aisle/text/text_encoder.hpp>

#include "support/fuzz_folder.hpp"
#include "support/tiny_model.hpp"

namespace {

enum model_kind { text, table, image, kinds };
constexpr const char* folders[] = {"text", "table", "image"};

struct model_file {
  char letter;
  model_kind kind;
  const char* name;
};
constexpr model_file files[] = {{'c', text, "config.json"},
                                {'t', text, "tokenizer.json"},
                                {'k', text, "tokenizer_config.json"},
                                {'v', text, "vocab.txt"},
                                {'a', text, "added_tokens.json"},
                                {'x', text, "special_tokens_map.json"},
                                {'m', text, "modules.json"},
                                {'s', text, "sentence_bert_config.json"},
                                {'o', text, "config_sentence_transformers.json"},
                                {'p', text, "1_Pooling/config.json"},
                                {'d', text, "2_Dense/config.json"},
                                {'e', table, "config.json"},
                                {'z', table, "tokenizer.json"},
                                {'l', table, "modules.json"},
                                {'i', image, "config.json"},
                                {'q', image, "preprocessor_config.json"}};

struct models {
  support::fuzz_folder folder;
  std::vector<std::pair<std::string, std::string>> kept;  // what is there besides weights
  models() {
    support::write_tiny_bert(of(text));
    support::write_tiny_table(of(table));
    support::write_tiny_resnet(of(image));
    aisle::make_folders(of(text) + "/1_Pooling");
    aisle::make_folders(of(text) + "/2_Dense");
    aisle::state_dict dense;
    aisle::tensor weight(aisle::dtype::f32, {8, 16}), bias(aisle::dtype::f32, {8});
    aisle::ranges::fill(weight.data<float>(), 0.25f);
    aisle::ranges::fill(bias.data<float>(), -0.5f);
    dense.add("linear.weight", std::move(weight));
    dense.add("linear.bias", std::move(bias));
    aisle::write_safetensors(of(text) + "/2_Dense/model.safetensors", dense);
    for (const model_file& f : files)
      if (const std::string path = path_of(f); aisle::file_exists(path))
        kept.emplace_back(path, aisle::read_file(path));
  }
  std::string of(model_kind kind) const { return folder / folders[kind]; }
  std::string path_of(const model_file& f) const { return of(f.kind) + "/" + f.name; }
  void restore() const {
    for (const model_file& f : files) aisle::remove_file(path_of(f));
    for (const auto& [path, bytes] : kept) support::put(path, bytes);
  }
};

void require_finite(const aisle::matrix<float>& m, std::int64_t rows) {
  if (m.rows() != rows) std::abort();
  for (std::int64_t r = 0; r < rows; ++r)
    for (const float v : m.row(r))
      if (!aisle::is_finite(v)) std::abort();
}

void encode_texts(const std::string& folder, std::int64_t least_tokens) {
  const auto encoder = aisle::text_encoder::load(folder);
  if (encoder.max_tokens() < least_tokens) std::abort();
  const std::vector<std::string> texts = {"red shirt", "", "blue \xff[MASK] red red red shirts"};
  require_finite(encoder.encode(texts, {.threads = 1}), 3);
}

void encode_picture(const std::string& folder) {
  const auto preset = aisle::preset_from_files(folder);
  // The network of a large picture takes its time; presets alone are cheap.
  if (preset && std::int64_t{preset->crop_width} * preset->crop_height > 100 * 100) return;
  const auto encoder = aisle::image_encoder::load(folder);
  aisle::image picture(7, 5);
  aisle::ranges::fill(picture.rgb(), std::uint8_t{99});
  const std::vector<aisle::image> pictures = {picture};
  require_finite(encoder.encode(pictures, {.threads = 1}), 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const models all;
  bool changed[kinds] = {};
  for (const std::string_view part : support::parts_of(support::text_of(data, size)))
    for (const model_file& f : files)
      if (!part.empty() && part[0] == f.letter) {
        support::put(all.path_of(f), part.substr(1));
        changed[f.kind] = true;
      }
  try {
    if (changed[text]) encode_texts(all.of(text), 3);
  } catch (const aisle::error&) {
  }
  try {
    if (changed[table]) encode_texts(all.of(table), 1);
  } catch (const aisle::error&) {
  }
  try {
    if (changed[image]) encode_picture(all.of(image));
  } catch (const aisle::error&) {
  }
  all.restore();
  return 0;
}
