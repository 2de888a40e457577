// Any bytes as the files of a model's folder beside its weights: settings, tokenizer, sentence-transformers'
// modules, image processors. An input is parts; each begins with the letter of its file, the others are as
// they should be.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
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

struct model_file {
  char letter;
  bool image;
  const char* name;
};
constexpr model_file files[] = {{'c', false, "config.json"},
                                {'t', false, "tokenizer.json"},
                                {'k', false, "tokenizer_config.json"},
                                {'v', false, "vocab.txt"},
                                {'a', false, "added_tokens.json"},
                                {'x', false, "special_tokens_map.json"},
                                {'m', false, "modules.json"},
                                {'s', false, "sentence_bert_config.json"},
                                {'o', false, "config_sentence_transformers.json"},
                                {'p', false, "1_Pooling/config.json"},
                                {'d', false, "2_Dense/config.json"},
                                {'i', true, "config.json"},
                                {'q', true, "preprocessor_config.json"}};

struct models {
  support::fuzz_folder folder;
  std::string text = folder / "text", image = folder / "image";
  std::string text_config, vocabulary, image_config;
  models() {
    support::write_tiny_bert(text);
    support::write_tiny_resnet(image);
    aisle::make_folders(text + "/1_Pooling");
    aisle::make_folders(text + "/2_Dense");
    aisle::state_dict dense;
    aisle::tensor weight(aisle::dtype::f32, {8, 16}), bias(aisle::dtype::f32, {8});
    aisle::ranges::fill(weight.data<float>(), 0.25f);
    aisle::ranges::fill(bias.data<float>(), -0.5f);
    dense.add("linear.weight", std::move(weight));
    dense.add("linear.bias", std::move(bias));
    aisle::write_safetensors(text + "/2_Dense/model.safetensors", dense);
    text_config = aisle::read_file(text + "/config.json");
    vocabulary = aisle::read_file(text + "/vocab.txt");
    image_config = aisle::read_file(image + "/config.json");
  }
  std::string path_of(const model_file& f) const { return (f.image ? image : text) + "/" + f.name; }
  void restore() const {
    for (const model_file& f : files) aisle::remove_file(path_of(f));
    support::put(text + "/config.json", text_config);
    support::put(text + "/vocab.txt", vocabulary);
    support::put(image + "/config.json", image_config);
  }
};

void require_finite(const aisle::matrix<float>& m, std::int64_t rows) {
  if (m.rows() != rows) std::abort();
  for (std::int64_t r = 0; r < rows; ++r)
    for (const float v : m.row(r))
      if (!aisle::is_finite(v)) std::abort();
}

void encode_texts(const std::string& folder) {
  const auto encoder = aisle::text_encoder::load(folder);
  if (encoder.max_tokens() < 3) std::abort();
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
  bool text = false, image = false;
  for (const std::string_view part : support::parts_of(support::text_of(data, size)))
    for (const model_file& f : files)
      if (!part.empty() && part[0] == f.letter) {
        support::put(all.path_of(f), part.substr(1));
        (f.image ? image : text) = true;
      }
  try {
    if (text) encode_texts(all.text);
  } catch (const aisle::error&) {
  }
  try {
    if (image) encode_picture(all.image);
  } catch (const aisle::error&) {
  }
  all.restore();
  return 0;
}
