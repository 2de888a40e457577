#include <atomic>
#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <aisle/io/json.hpp>
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
    text += (text.empty() ? "" : ", ") + (R"({"path": ")" + (t == "Pooling" ? std::string("1_Pooling") : "") +
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
  const text_encoder encoder = m.load();
  CHECK(encoder.dimension() == 16);
  const auto texts = many_texts(150);
  std::int64_t cut = -1;
  const auto all = encoder.encode(texts, {.threads = 2, .truncated = &cut});
  REQUIRE(all.rows() == 150);
  CHECK(cut == 0);
  for (const std::int64_t i : {0, 1, 13, 149}) {
    const auto one = encoder.encode(std::vector{texts[static_cast<std::size_t>(i)]}, {.threads = 1});
    CHECK(std::ranges::equal(one.row(0), all.row(i)));
    CHECK(norm_of(one.row(0)) == doctest::Approx(1).epsilon(1e-5));
  }
  CHECK_FALSE(std::ranges::equal(all.row(0), all.row(1)));
}

TEST_CASE("modules.json decides whether vectors are normalised") {
  const model_folder m;
  const std::vector<std::string> texts = {"red shirt", "blue"};
  const auto unit = m.load().encode(texts);
  m.put("modules.json", modules({"Transformer", "Pooling", "Normalize"}));
  const auto own = m.load().encode(texts);
  CHECK(std::ranges::equal(own.row(0), unit.row(0)));

  m.put("modules.json", modules({"Transformer", "Pooling"}));
  const text_encoder encoder = m.load();
  CHECK(encoder.dimension() == 16);
  const auto mean = encoder.encode(texts);
  for (std::int64_t i = 0; i < 2; ++i) {
    const double norm = norm_of(mean.row(i));
    CHECK(std::abs(norm - 1) > 0.01);
    for (std::size_t k = 0; k < 16; ++k)
      CHECK(mean.row(i)[k] / norm == doctest::Approx(static_cast<double>(unit.row(i)[k])).epsilon(1e-4));
  }
}

TEST_CASE("modules and kinds of pooling that are not built in are refused by name") {
  const model_folder m;
  const auto refused = [&](const std::vector<std::string>& types, const char* what) {
    m.put("modules.json", modules(types));
    CHECK_THROWS_WITH_AS(m.load(), doctest::Contains(what), aisle::option_error);
    CHECK_THROWS_WITH_AS(m.load(), doctest::Contains((m.folder / "modules.json").c_str()),
                         aisle::option_error);
  };
  refused({"Transformer", "Pooling", "Dense", "Normalize"}, "module 2 is sentence_transformers.models.Dense");
  refused({"Transformer", "Pooling", "Normalize", "LayerNorm"}, "LayerNorm, expected no more");
  refused({"CLIPModel"}, "module 0 is sentence_transformers.models.CLIPModel, expected Transformer");
  refused({"Transformer"}, "1 modules");

  const std::string pooling = "1_Pooling/config.json";
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
  pools(R"({"pooling_mode_mean_tokens": false, "pooling_mode_cls_token": true})", false);
  pools(R"({"pooling_mode_mean_tokens": true, "pooling_mode_max_tokens": true})", false);
  pools(R"({"pooling_mode": "lasttoken"})", false);
  // The same without modules.json.
  std::filesystem::remove(m.folder / "modules.json");
  pools(R"({"pooling_mode_cls_token": true})", false);
  pools(R"({"pooling_mode_mean_tokens": true})", true);
}

TEST_CASE(
    "the length texts are cut to: the option, sentence-transformers' file, the tokenizer's, positions") {
  const model_folder m;
  CHECK(m.load().max_tokens() == 64);
  m.put("tokenizer_config.json", R"({"model_max_length": 1e30})");
  CHECK(m.load().max_tokens() == 64);
  m.put("tokenizer_config.json", R"({"model_max_length": 10})");
  CHECK(m.load().max_tokens() == 10);
  m.put("sentence_bert_config.json", R"({"max_seq_length": 6, "do_lower_case": false})");
  CHECK(m.load().max_tokens() == 6);
  m.put("sentence_bert_config.json", R"({"max_seq_length": 30})");
  CHECK(m.load().max_tokens() == 30);
  CHECK(m.load({.max_tokens = 5}).max_tokens() == 5);
  CHECK_THROWS_WITH_AS(m.load({.max_tokens = 65}), doctest::Contains("expected 2 to 64"),
                       aisle::option_error);

  const text_encoder encoder = m.load({.max_tokens = 5});
  std::int64_t cut = 0;
  const auto v = encoder.encode(std::vector<std::string>{"red red red", "red red red blue", "blue"},
                                {.truncated = &cut});
  CHECK(cut == 1);
  CHECK(std::ranges::equal(v.row(0), v.row(1)));
}

TEST_CASE("progress is told until all texts are done, and what the callback throws ends the call") {
  const model_folder m;
  const text_encoder encoder = m.load();
  const auto texts = many_texts(400);
  for (const int threads : {1, 2}) {
    std::int64_t last = 0, calls = 0;
    encoder.encode(texts, {.threads = threads, .on_progress = [&](const aisle::progress_event& e) {
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
    CHECK_THROWS_WITH_AS(encoder.encode(texts, {.threads = threads, .on_progress = cancel}), "enough",
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
  CHECK_THROWS_WITH_AS(text_encoder::load(pictures.path()), doctest::Contains("a model of pictures (resnet)"),
                       aisle::option_error);
}
