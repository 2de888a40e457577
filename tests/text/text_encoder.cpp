#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <filesystem>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <aisle/base/file.hpp>
#include <aisle/base/ranges.hpp>
#include <aisle/io/checkpoint.hpp>
#include <aisle/io/json.hpp>
#include <aisle/io/safetensors.hpp>
#include <aisle/text/text_encoder.hpp>

#include "support/support.hpp"
#include "support/tiny_model.hpp"

using aisle::text_encoder;

namespace {

/// A model folder to which files can be added.
struct model_folder {
  support::temporary_folder folder;

  model_folder() { support::write_tiny_bert(folder.path()); }
  void put(const std::string& name, const std::string& content) const {
    aisle::make_folders(aisle::parent_folder(folder / name));
    aisle::write_file(folder / name, content);
  }
  text_encoder load(const aisle::text_encoder_options& options = {}) const {
    return text_encoder::load(folder.path(), options);
  }
};

/// A modules.json of sentence-transformers.
std::string modules(const std::vector<std::string>& types) {
  std::string text;
  for (const std::string& t : types)
    text += (text.empty() ? "" : ", ") +
            (R"({"path": ")" + (t == "Pooling" || t == "Dense" ? "1_" + t : std::string()) +
             R"(", "type": "sentence_transformers.models.)" + t + "\"}");
  return "[" + text + "]";
}

double norm_of(std::span<const float> row) {
  double sum = 0;
  for (const float v : row) sum += static_cast<double>(v) * v;
  return std::sqrt(sum);
}

std::vector<std::string> many_texts(int n) {
  std::vector<std::string> texts;
  for (int i = 0; i < n; ++i) {
    std::string text = i % 2 == 0 ? "red" : "blue";
    for (int k = 0; k < i % 7; ++k) text += " shirt";
    texts.push_back(text);
  }
  return texts;
}

}  // namespace

TEST_CASE("texts to vectors: in the caller's order, the same bits alone and together") {
  const model_folder m;
  m.put("modules.json", modules({"Transformer", "Pooling", "Normalize"}));
  m.put("1_Pooling/config.json", R"({"pooling_mode": "mean"})");
  const text_encoder encoder = m.load();
  CHECK(encoder.dimension() == 16);
  const auto texts = many_texts(150);
  const auto all = encoder.encode(texts, {.threads = 2});
  REQUIRE(all.rows() == 150);
  CHECK(encoder.tokenize(texts).truncated() == 0);
  for (const std::int64_t i : {0, 1, 13, 149}) {
    const auto one = encoder.encode(std::vector{texts[static_cast<std::size_t>(i)]}, {.threads = 1});
    CHECK(aisle::ranges::equal(one.row(0), all.row(i)));
    CHECK(norm_of(one.row(0)) == doctest::Approx(1).epsilon(1e-5));
  }
  CHECK_FALSE(aisle::ranges::equal(all.row(0), all.row(1)));
}

TEST_CASE("modules.json decides whether vectors are normalised") {
  const model_folder m;
  const std::vector<std::string> texts = {"red shirt", "blue"};
  const auto none = m.load().encode(texts);
  m.put("1_Pooling/config.json", R"({"pooling_mode": "mean"})");
  m.put("modules.json", modules({"Transformer", "Pooling", "Normalize"}));
  const auto unit = m.load().encode(texts);

  m.put("modules.json", modules({"Transformer", "Pooling"}));
  const text_encoder encoder = m.load();
  CHECK(encoder.dimension() == 16);
  const auto mean = encoder.encode(texts);
  CHECK(aisle::ranges::equal(none.row(0), mean.row(0)));  // as sentence-transformers does it
  for (std::int64_t i = 0; i < 2; ++i) {
    const double norm = norm_of(mean.row(i));
    CHECK(std::abs(norm - 1) > 0.01);
    for (std::size_t k = 0; k < 16; ++k)
      CHECK(mean.row(i)[k] / norm == doctest::Approx(static_cast<double>(unit.row(i)[k])).epsilon(1e-4));
  }
}

TEST_CASE("modules and kinds of pooling that are not built in are refused by name") {
  const model_folder m;
  const std::string pooling = "1_Pooling/config.json";
  m.put(pooling, R"({"pooling_mode": "mean"})");
  const auto refused = [&](const std::vector<std::string>& types, const char* what) {
    m.put("modules.json", modules(types));
    CHECK_THROWS_WITH_AS(m.load(), doctest::Contains(what), aisle::option_error);
    CHECK_THROWS_WITH_AS(m.load(), doctest::Contains((m.folder / "modules.json").c_str()),
                         aisle::option_error);
  };
  refused({"Transformer", "Pooling", "CNN", "Normalize"}, "module 2 is sentence_transformers.models.CNN");
  refused({"Transformer", "Pooling", "Normalize", "LayerNorm"}, "LayerNorm, expected Dense, Normalize");
  refused({"CLIPModel"}, "module 0 is sentence_transformers.models.CLIPModel, expected Transformer");
  refused({"Transformer"}, "1 modules");
  m.put("modules.json", R"([{"path": "", "type": "mine.Transformer"}])");
  CHECK_THROWS_WITH_AS(m.load(), doctest::Contains("the module mine.Transformer is not built in"),
                       aisle::option_error);
  m.put("modules.json", R"([{"path": "../x", "type": "sentence_transformers.models.Transformer"}])");
  CHECK_THROWS_WITH_AS(m.load(), doctest::Contains("leads out of"), aisle::format_error);

  m.put("modules.json", modules({"Transformer", "Pooling", "Normalize"}));
  const auto pools = [&](const std::string& config, bool good) {
    CAPTURE(config);
    m.put(pooling, config);
    if (good)
      CHECK_NOTHROW(m.load());
    else
      CHECK_THROWS_WITH_AS(m.load(), doctest::Contains((m.folder / pooling).c_str()), aisle::option_error);
  };
  pools(R"({"pooling_mode_mean_tokens": true, "pooling_mode_cls_token": false})", true);
  pools(R"({"pooling_mode_mean_tokens": false, "pooling_mode_cls_token": true})", true);
  pools(R"({"pooling_mode": "attention"})", false);
  pools(R"({"pooling_mode_attention": true})", false);
  m.put(pooling, R"({"pooling_mode": "mean"})");
  for (const char* settings : {R"({"modality_config": {"text": {"method_output_name": "pooler_output"}}})",
                               R"({"transformer_task": "fill-mask"})", R"({"unheard_of": 1})",
                               R"({"model_args": {"torch_dtype": "float16"}})"}) {
    m.put("sentence_bert_config.json", settings);
    CHECK_THROWS_WITH_AS(m.load(), doctest::Contains("sentence_bert_config.json"), aisle::option_error);
  }
}

TEST_CASE(
    "the length texts are cut to: the option, sentence-transformers' file, the tokenizer's, positions") {
  const model_folder m;
  m.put("modules.json", modules({"Transformer", "Pooling"}));
  m.put("1_Pooling/config.json", R"({"pooling_mode": "mean"})");
  CHECK(m.load().max_tokens() == 64);
  m.put("tokenizer_config.json", R"({"model_max_length": 1e30})");
  CHECK(m.load().max_tokens() == 64);
  m.put("tokenizer_config.json", R"({"model_max_length": 10})");
  CHECK(m.load().max_tokens() == 10);
  m.put("sentence_bert_config.json", R"({"max_seq_length": null})");
  CHECK(m.load().max_tokens() == 10);
  m.put("sentence_bert_config.json", R"({"max_seq_length": 6, "do_lower_case": false})");
  CHECK(m.load().max_tokens() == 6);
  m.put("sentence_bert_config.json", R"({"max_seq_length": 30})");
  CHECK(m.load().max_tokens() == 30);
  CHECK(m.load({.max_tokens = 5}).max_tokens() == 5);
  for (const std::int64_t bad : {-1, 1, 2, 65})
    CHECK_THROWS_WITH_AS(m.load({.max_tokens = bad}), doctest::Contains("expected 3 to 64"),
                         aisle::option_error);

  const text_encoder encoder = m.load({.max_tokens = 5});
  const std::vector<std::string> texts = {"red red red", "red red red blue", "blue"};
  const auto tokens = encoder.tokenize(texts);
  CHECK(tokens.truncated() == 1);
  CHECK(tokens.lengths == std::vector<std::int64_t>{5, 6, 3});
  const auto v = encoder.encode(tokens);
  CHECK(aisle::ranges::equal(v.row(0), v.row(1)));
}

TEST_CASE("of padding in front of texts is told, as it does nothing here") {
  const model_folder m;
  std::vector<std::string> told;
  const auto warnings = [&] {
    told.clear();
    return m.load({.on_warning = [&](std::string_view text) { told.emplace_back(text); }});
  };
  const auto plain = warnings().encode({"red", "red red red blue"});
  CHECK(told.empty());
  m.put("tokenizer_config.json", R"({"padding_side": "right"})");
  warnings();
  CHECK(told.empty());
  m.put("tokenizer_config.json", R"({"padding_side": null, "truncation_side": "left"})");
  warnings();
  CHECK(told.empty());
  m.put("tokenizer_config.json", R"({"padding_side": "left"})");
  const auto same = warnings().encode({"red", "red red red blue"});
  REQUIRE(told.size() == 1);
  CHECK(told[0].starts_with(m.folder.path()));
  CHECK(told[0].find("padding_side left") != std::string::npos);
  for (std::int64_t i = 0; i < 2; ++i) CHECK(aisle::ranges::equal(plain.row(i), same.row(i)));
  // tokenizer.json counts where the other file says nothing.
  std::string vocabulary;
  std::istringstream lines(aisle::read_file(m.folder / "vocab.txt"));
  int ids = 0;
  for (std::string line; std::getline(lines, line); ++ids)
    vocabulary += (ids == 0 ? "\"" : ", \"") + line + "\": " + std::to_string(ids);
  m.put("tokenizer.json",
        R"({"padding": {"direction": "Left"}, "pre_tokenizer": {"type": "BertPreTokenizer"}, "model": )"
        R"({"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "vocab": {)" +
            vocabulary + "}}}");
  m.put("tokenizer_config.json", R"({"tokenizer_class": "BertTokenizer"})");
  warnings();
  CHECK(told.size() == 1);
  m.put("tokenizer_config.json", R"({"tokenizer_class": "BertTokenizer", "padding_side": "right"})");
  warnings();
  CHECK(told.empty());
}

TEST_CASE("a limit without room for a piece of the text is refused") {
  const model_folder m;
  for (const char* limit : {"-1e30", "0", "1", "2", "2.5", "10.5"}) {
    CAPTURE(limit);
    m.put("tokenizer_config.json", std::string(R"({"model_max_length": )") + limit + "}");
    CHECK_THROWS_WITH_AS(m.load(), doctest::Contains("tokenizer_config.json: model_max_length"),
                         aisle::format_error);
  }
  m.put("tokenizer_config.json", R"({"model_max_length": 3})");
  const auto v = m.load().encode({"red", "blue"});
  CHECK_FALSE(aisle::ranges::equal(v.row(0), v.row(1)));
}

TEST_CASE("config.json says how many layers are run, and that the model is an encoder") {
  const model_folder m, one;
  const auto config = [](const std::string& more) { return R"({"num_attention_heads": 2)" + more + "}"; };
  const auto all = m.load().encode("red shirt");
  m.put("config.json", config(R"(, "num_hidden_layers": 2, "is_decoder": false)"));
  const auto both = m.load().encode("red shirt");
  CHECK(aisle::ranges::equal(both.row(0), all.row(0)));
  // As of a file that has no second layer.
  m.put("config.json", config(R"(, "num_hidden_layers": 1)"));
  const auto weights = aisle::load_checkpoint(m.folder.path());
  aisle::state_dict first;
  for (const auto& e : weights.entries())
    if (!e.name.starts_with("encoder.layer.1.")) {
      aisle::tensor t(aisle::dtype::f32, e.dims);
      weights.read_f32(e.name, t.data<float>());
      first.add(e.name, t);
    }
  aisle::write_safetensors(one.folder / "model.safetensors", first);
  const auto cut = m.load().encode("red shirt"), expected = one.load().encode("red shirt");
  CHECK(aisle::ranges::equal(cut.row(0), expected.row(0)));
  CHECK_FALSE(aisle::ranges::equal(cut.row(0), all.row(0)));
  const auto refused = [&](const std::string& more, const char* what) {
    m.put("config.json", config(more));
    CHECK_THROWS_WITH_AS(m.load(), doctest::Contains(what), aisle::format_error);
  };
  refused(R"(, "num_hidden_layers": 3)", "num_hidden_layers: asks for 3 layers, the weights have 2");
  refused(R"(, "num_hidden_layers": 0)", "asks for 0 layers");
  refused(R"(, "is_decoder": true)", "is_decoder: is true");
  refused(R"(, "add_cross_attention": true)", "add_cross_attention: is true");
}

TEST_CASE("truncate_dim keeps the first values of a vector, as they are") {
  const model_folder m;
  m.put("modules.json", modules({"Transformer", "Pooling", "Normalize"}));
  m.put("1_Pooling/config.json", R"({"pooling_mode": "mean"})");
  const auto whole = m.load().encode("red shirt");
  for (const std::int64_t kept : {5, 16, 99}) {
    m.put("config_sentence_transformers.json", R"({"truncate_dim": )" + std::to_string(kept) + "}");
    const text_encoder e = m.load();
    const std::int64_t width = std::min<std::int64_t>(kept, 16);
    CHECK(e.dimension() == width);
    const auto found = e.encode("red shirt");
    CHECK(aisle::ranges::equal(found.row(0), whole.row(0).first(static_cast<std::size_t>(width))));
  }
  m.put("config_sentence_transformers.json", R"({"truncate_dim": null})");
  CHECK(m.load().dimension() == 16);
  m.put("config_sentence_transformers.json", R"({"truncate_dim": 0})");
  CHECK_THROWS_WITH_AS(m.load(), doctest::Contains("truncate_dim"), aisle::format_error);
}

TEST_CASE("one text, a few, or any range of them") {
  const model_folder m;
  const text_encoder encoder = m.load();
  const std::vector<std::string> strings = {"red", "blue shirt"};
  const auto all = encoder.encode(strings);
  REQUIRE(all.rows() == 2);
  const auto same = [&](const aisle::matrix<float>& v, std::int64_t rows = 2) {
    return v.rows() == rows && aisle::ranges::equal(v.row(0), all.row(0)) &&
           (rows < 2 || aisle::ranges::equal(v.row(1), all.row(1)));
  };
  CHECK(same(encoder.encode("red"), 1));
  CHECK(same(encoder.encode(std::string("red")), 1));
  CHECK(same(encoder.encode({"red"}), 1));
  CHECK(same(encoder.encode({"red", "blue shirt"})));
  CHECK(same(encoder.encode({"red", "blue shirt"}, {.threads = 1})));
  const std::vector<std::string_view> views(strings.begin(), strings.end());
  CHECK(same(encoder.encode(views)));
  CHECK(same(encoder.encode(std::span(views))));
  CHECK(same(encoder.encode(std::span<const std::string>(strings))));
  CHECK(same(encoder.encode(std::array{"red", "blue shirt"})));
  CHECK(encoder.encode(std::vector<std::string>()).rows() == 0);
}

TEST_CASE("a model in memory gives the bits of the same model in a folder") {
  const model_folder m;
  const std::string folder = m.folder.path();
  const auto weights = [&] { return aisle::load_checkpoint(folder); };
  const aisle::json config = aisle::read_json(m.folder / "config.json");
  const std::vector<std::string> words = {"[PAD]",  "[UNK]", "[CLS]", "[SEP]",
                                          "[MASK]", "red",   "blue",  "shirt"};
  const text_encoder encoder({weights(), config, aisle::wordpiece(words)});
  const auto expected = m.load().encode({"red shirt"});
  const auto found = encoder.encode("red shirt");
  CHECK(aisle::ranges::equal(found.row(0), expected.row(0)));

  aisle::json tokenizer = aisle::parse_json(
      R"({"model": {"type": "WordPiece", "vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "[MASK]": 4,
          "red": 5, "blue": 6, "shirt": 7}}, "pre_tokenizer": {"type": "BertPreTokenizer"}})",
      "here");
  const auto from_json =
      aisle::wordpiece::from_json(tokenizer, aisle::parse_json(R"({"do_lower_case": true})", "here"));
  aisle::sentence_model sentence;
  sentence.layers.push_back({});
  sentence.max_tokens = 4;
  const text_encoder unit({weights(), config, from_json, sentence});
  CHECK(unit.max_tokens() == 4);
  const auto scaled = unit.encode("Red shirt");
  CHECK(norm_of(scaled.row(0)) == doctest::Approx(1).epsilon(1e-5));
}

TEST_CASE("a prompt goes before each text: the model's default, another, or none") {
  const model_folder m;
  m.put("modules.json", modules({"Transformer", "Pooling"}));
  m.put("1_Pooling/config.json", R"({"pooling_mode": "mean", "include_prompt": true})");
  m.put("config_sentence_transformers.json",
        R"({"prompts": {"colour": "red ", "noun": "shirt "}, "default_prompt_name": "colour"})");
  const auto same = [](const aisle::matrix<float>& a, const aisle::matrix<float>& b) {
    return aisle::ranges::equal(a.row(0), b.row(0));
  };
  {
    const text_encoder e = m.load();
    const auto plain = [&](const char* text) { return e.encode(text, {.prompt = ""}); };
    CHECK(same(e.encode("blue"), plain("red blue")));
    CHECK(same(e.encode("blue", {.prompt = "noun"}), plain("shirt blue")));
    CHECK(same(e.encode("blue", {.prompt = "query"}), plain("blue")));
    CHECK_FALSE(same(plain("red blue"), plain("blue")));
    CHECK_THROWS_WITH_AS(e.encode("blue", {.prompt = "nun"}),
                         "the model has no prompt \"nun\", only colour, noun, query, document",
                         aisle::option_error);
  }
  // Pooling may leave the prompt and [CLS] out: here [CLS] red, so that blue and [SEP] remain.
  m.put("1_Pooling/config.json", R"({"pooling_mode": ["cls", "lasttoken"], "include_prompt": false})");
  const text_encoder e = m.load();
  CHECK(e.dimension() == 32);
  const auto left = e.encode("blue");
  m.put("1_Pooling/config.json", R"({"pooling_mode": "mean", "include_prompt": false})");
  const auto mean = m.load().encode("blue");
  for (std::size_t c = 0; c < 16; ++c)
    CHECK(mean.row(0)[c] == doctest::Approx((left.row(0)[c] + left.row(0)[c + 16]) / 2).epsilon(1e-5));
  const auto ids = e.tokenize(std::vector<std::string>{"blue"});
  CHECK(ids.prompt_tokens == 2);
  CHECK(same(e.encode_ids(ids.ids), left));

  m.put("config_sentence_transformers.json", R"({"prompts": {}, "default_prompt_name": "colour"})");
  CHECK_THROWS_WITH_AS(m.load(), doctest::Contains("default_prompt_name"), aisle::format_error);
}

TEST_CASE("a Dense module, and the transformer in a folder of its own") {
  const model_folder m;
  aisle::state_dict weights;
  aisle::tensor w(aisle::dtype::f32, aisle::shape{2, 16}), bias(aisle::dtype::f32, aisle::shape{2});
  for (std::size_t i = 0; i < 32; ++i) w.data<float>()[i] = 0.25f * static_cast<float>(i % 5);
  bias.data<float>()[0] = 0;
  bias.data<float>()[1] = -1;
  weights.add("linear.weight", w);
  weights.add("linear.bias", bias);
  const auto mean = m.load().encode("red shirt");
  aisle::make_folders(m.folder / "1_Dense");
  aisle::write_safetensors(m.folder / "1_Dense/model.safetensors", weights);
  m.put("1_Pooling/config.json", R"({"pooling_mode": "mean"})");
  m.put("modules.json", modules({"Transformer", "Pooling", "Dense"}));
  const std::string sizes = R"({"in_features": 16, "out_features": 2, "activation_function": )";
  for (const bool tanh : {true, false}) {
    m.put("1_Dense/config.json", sizes + (tanh ? R"("torch.nn.modules.activation.Tanh"})"
                                               : R"("torch.nn.modules.linear.Identity"})"));
    const text_encoder encoder = m.load();
    REQUIRE(encoder.dimension() == 2);
    const auto v = encoder.encode("red shirt");
    for (std::size_t o = 0; o < 2; ++o) {
      double sum = o == 1 ? -1 : 0;
      for (std::size_t i = 0; i < 16; ++i)
        sum += 0.25 * static_cast<double>((16 * o + i) % 5) * static_cast<double>(mean.row(0)[i]);
      CHECK(v.row(0)[o] == doctest::Approx(tanh ? std::tanh(sum) : sum).epsilon(1e-5));
    }
  }
  const auto refused = [&](const std::string& config, const char* what) {
    m.put("1_Dense/config.json", config);
    CHECK_THROWS_WITH_AS(m.load(), doctest::Contains(what), aisle::error);
  };
  refused(sizes + R"("mine.Act"})", "the activation mine.Act is not built in");
  refused(R"({"in_features": 16, "out_features": 2, "use_residual": true})", "use_residual");
  refused(R"({"in_features": 8, "out_features": 2})", "linear.weight");
  m.put("1_Pooling/config.json", R"({"pooling_mode": ["max", "mean"]})");
  refused(R"({"in_features": 16, "out_features": 2})", "takes 16 values, what comes before it has 32");

  const support::temporary_folder outer;
  aisle::make_folders(outer / "1_Pooling");
  std::filesystem::copy(m.folder.path(), outer / "0_Transformer");
  aisle::write_file(outer / "1_Pooling/config.json", R"({"pooling_mode": "mean"})");
  aisle::write_file(outer / "modules.json",
                    R"([{"path": "0_Transformer", "type": "sentence_transformers.models.Transformer"},
                        {"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}])");
  const auto nested = text_encoder::load(outer.path()).encode("red shirt");
  CHECK(aisle::ranges::equal(nested.row(0), mean.row(0)));
}

TEST_CASE("progress is told until all texts are done, and what the callback throws ends the call") {
  const model_folder m;
  const text_encoder encoder = m.load();
  const auto texts = many_texts(400);
  for (const int threads : {1, 2}) {
    std::int64_t last = 0, calls = 0;
    encoder.encode(texts, {.threads = threads, .progress = [&](const aisle::progress_event& e) {
                             CHECK(e.phase == "text");
                             CHECK(e.total == 400);
                             CHECK(e.done > last);
                             last = e.done;
                             ++calls;
                           }});
    CHECK(last == 400);
    CHECK(calls > 4);

    calls = 0;
    const auto cancel = [&](const aisle::progress_event&) {
      ++calls;
      throw std::runtime_error("enough");
    };
    CHECK_THROWS_WITH_AS(encoder.encode(texts, {.threads = threads, .progress = cancel}), "enough",
                         std::runtime_error);
    CHECK(calls <= threads);  // nobody starts another batch
    CHECK(encoder.encode(texts, {.threads = threads}).rows() == 400);
  }
}

TEST_CASE("folders that hold no model of text") {
  const model_folder m;
  m.put("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\nc\none too many\n");
  CHECK_THROWS_WITH_AS(m.load(), doctest::Contains("the vocabulary has 9 tokens, the embedding table 8 rows"),
                       aisle::format_error);
  const support::temporary_folder pictures;
  support::write_tiny_resnet(pictures.path());
  CHECK_THROWS_WITH_AS(text_encoder::load(pictures.path()), doctest::Contains("holds a model of pictures ('"),
                       aisle::option_error);
}

TEST_CASE("weights that are cut after they were loaded are an error, and no signal") {
  const model_folder model;
  const std::string path = model.folder / "model.safetensors";
  const std::vector<std::string> texts = {"red shirt", "blue shirt"};
  const text_encoder before = model.load(), after = model.load();
  const auto vectors = before.encode(texts);
  std::filesystem::resize_file(path, 200);
  CHECK_THROWS_WITH_AS(after.encode(texts), doctest::Contains("has become shorter while it was read"),
                       aisle::file_error);
  // What was read stays.
  const auto again = before.encode(texts);
  CHECK(aisle::ranges::equal(again.row(1), vectors.row(1)));
}

TEST_CASE("a null pointer among texts is named, not followed") {
  const text_encoder e = model_folder().load();
  const std::vector<const char*> texts{"red", "blue", nullptr};
  CHECK_THROWS_WITH_AS(e.encode(texts), "text 2 is a null pointer, expected a string", aisle::option_error);
  const char* const plain[] = {nullptr};
  CHECK_THROWS_WITH_AS(e.tokenize(plain), "text 0 is a null pointer, expected a string", aisle::option_error);
  std::vector<char*> writable{nullptr};
  CHECK_THROWS_AS(e.encode(writable), aisle::option_error);
  const char* const none = nullptr;
  CHECK_THROWS_AS(e.encode(none), aisle::option_error);
}
