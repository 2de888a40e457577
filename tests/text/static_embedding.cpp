// Static embeddings: the vectors of model2vec and of sentence-transformers for small random models that these
// wrote, and what is refused. expected.json has the reference's vectors computed in double, and how far off
// its own run was.

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <aisle/base/ranges.hpp>
#include <aisle/io/checkpoint.hpp>
#include <aisle/io/json.hpp>
#include <aisle/io/safetensors.hpp>
#include <aisle/text/text_encoder.hpp>

#include "support/support.hpp"

using aisle::text_encoder;

namespace {

/// A copy of one of the models, to change.
struct model_copy {
  support::temporary_folder work;
  std::string folder = work / "model";
  explicit model_copy(const std::string& name) {
    std::filesystem::copy(support::data("text/static/" + name), folder,
                          std::filesystem::copy_options::recursive);
  }
  void edit(const std::string& file, const std::string& key, const aisle::json& value) const {
    aisle::json j = aisle::read_json(folder + "/" + file);
    j[key] = value;
    aisle::write_file(folder + "/" + file, j.dump());
  }
  /// The weights with one tensor replaced; an empty one is left out.
  void put(const std::string& name, const aisle::tensor* value) const {
    const std::string path = folder + "/model.safetensors";
    aisle::state_dict d;
    {
      const aisle::state_dict old = aisle::load_checkpoint(path);
      for (const auto& e : old.entries())
        if (e.name != name) d.add(e.name, old.read(e.name));
    }
    if (value) d.add(name, *value);
    aisle::write_safetensors(path, d);
  }
  text_encoder load(const aisle::text_encoder_options& options = {}) const {
    return text_encoder::load(folder, options);
  }
};

aisle::tensor floats(const aisle::shape& dims, float value) {
  aisle::tensor t(aisle::dtype::f32, dims);
  for (float& v : t.data<float>()) v = value;
  return t;
}

}  // namespace

TEST_CASE("static embeddings: the references' vectors, together and alone, on any number of threads") {
  for (const char* name : {"model2vec", "model2vec_f16", "model2vec_int8", "model2vec_quantised",
                           "model2vec_weights", "sentence", "sentence_dense"}) {
    CAPTURE(name);
    const aisle::json expected =
        aisle::read_json(support::data("text/static/" + std::string(name)) + "/expected.json");
    std::vector<std::string> texts;
    for (const aisle::json& t : expected["texts"].elements()) texts.push_back(t.as<std::string>());
    const text_encoder encoder = text_encoder::load(support::data("text/static/" + std::string(name)));
    const aisle::matrix<float> got = encoder.encode(texts, {.threads = 2});
    REQUIRE(got.rows() == static_cast<std::int64_t>(texts.size()));
    for (std::size_t i = 0; i < texts.size(); ++i) {
      CAPTURE(texts[i]);
      const auto row = got.row(static_cast<std::int64_t>(i));
      const auto want = expected["vectors"][i].as_vector<double>();
      REQUIRE(row.size() == want.size());
      double largest = 0, worst = 0;
      for (std::size_t k = 0; k < want.size(); ++k) {
        largest = std::max(largest, std::abs(want[k]));
        worst = std::max(worst, std::abs(static_cast<double>(row[k]) - want[k]));
      }
      // A reference that computes in half precision is no measure of ours.
      const double off = std::string(name) == "model2vec_f16" ? 0 : expected["reference_off"][i].as<double>();
      CHECK(worst <= std::max(4 * off, 1e-6 * largest));
      const aisle::matrix<float> alone = encoder.encode(texts[i], {.threads = 1});
      CHECK(aisle::ranges::equal(alone.row(0), row));
    }
  }
}

TEST_CASE("Model2Vec: unknown tokens take no part, long texts are cut to characters and tokens") {
  const model_copy m("model2vec");
  const text_encoder encoder = m.load();
  CHECK(encoder.max_tokens() == 8);
  CHECK(encoder.dimension() == 19);
  const auto same = [&](const char* a, const char* b) {
    const aisle::matrix<float> of_a = encoder.encode(a), of_b = encoder.encode(b);
    return aisle::ranges::equal(of_a.row(0), of_b.row(0));
  };
  CHECK(same("red zebra", "red"));
  CHECK(same("zebra", ""));
  CHECK(encoder.tokenize("red zebra").truncated() == 0);
  CHECK(encoder.tokenize("red zebra").ids[0].size() == 1);
  CHECK(encoder.tokenize("a b c d e a b c d e").truncated() == 1);
  CHECK(encoder.tokenize("a b c d e a b c d e").ids[0].size() == 8);
  // Behind the characters that count for eight tokens; the whole text has two.
  const std::string far = "red" + std::string(100, ' ') + "blue";
  CHECK(same(far.c_str(), "red"));
  CHECK(encoder.tokenize(far).truncated() == 1);
  CHECK(m.load({.max_tokens = 500}).tokenize(far).truncated() == 0);
  CHECK(encoder.tokenize("zebra red" + std::string(100, ' ')).truncated() == 0);  // but blanks
}

TEST_CASE("Model2Vec: config.json decides over modules.json; its limit and its norm") {
  const model_copy m("model2vec");
  const auto unit = m.load().encode("red shirt");
  m.edit("config.json", "normalize", false);
  const auto plain = m.load().encode("red shirt");
  CHECK_FALSE(aisle::ranges::equal(unit.row(0), plain.row(0)));
  m.edit("config.json", "max_length", nullptr);
  CHECK(m.load().max_tokens() == aisle::sentence_model::unlimited);
  m.edit("config.json", "max_length", 0);
  CHECK_THROWS_WITH_AS(m.load(), doctest::Contains("expected at least 1"), aisle::format_error);
  m.edit("config.json", "max_length", 3);
  std::filesystem::remove(m.folder + "/modules.json");
  CHECK(m.load().max_tokens() == 3);
}

TEST_CASE("static embeddings: what is not built in is refused by name") {
  const model_copy m("model2vec");
  const aisle::json tokenizer = aisle::read_json(m.folder + "/tokenizer.json");
  const auto refused = [&](const char* what) {
    CHECK_THROWS_WITH_AS(m.load(), doctest::Contains(what), aisle::option_error);
    aisle::write_file(m.folder + "/tokenizer.json", tokenizer.dump());
  };
  for (const char* type : {"Unigram", "BPE", "WordLevel"}) {
    aisle::json model = tokenizer["model"];
    model["type"] = type;
    m.edit("tokenizer.json", "model", model);
    refused((std::string("a tokenizer of type ") + type).c_str());
  }
  m.edit("tokenizer.json", "pre_tokenizer", aisle::json::object({{"type", "Metaspace"}}));
  refused("pre_tokenizer is Metaspace");

  const std::string modules = m.folder + "/modules.json";
  const std::string first = R"([{"path": "", "type": "sentence_transformers.models.StaticEmbedding"}, )";
  aisle::write_file(modules, first + R"({"path": "", "type": "sentence_transformers.models.Pooling"}])");
  refused("module 1 is sentence_transformers.models.Pooling, expected Dense, Normalize");
  aisle::write_file(modules, R"([{"path": "", "type": "mine.StaticEmbedding"}])");
  refused("the module mine.StaticEmbedding is not built in");
  std::filesystem::remove(modules);
  // The table of another family's folder.
  m.edit("config.json", "model_type", "bert");
  CHECK_THROWS_WITH_AS(m.load(), doctest::Contains("without a config.json of Model2Vec"),
                       aisle::option_error);
}

TEST_CASE("static embeddings: tables that do not fit are refused, naming the tensor") {
  const model_copy m("model2vec_quantised");
  const auto wrong = [&](const char* name, const aisle::tensor& value, const char* what) {
    const aisle::tensor before = aisle::load_checkpoint(m.folder + "/model.safetensors").read(name);
    m.put(name, &value);
    CHECK_THROWS_WITH_AS(m.load(), doctest::Contains(what), aisle::error);
    m.put(name, &before);
    CHECK_NOTHROW(m.load());
  };
  const text_encoder good = m.load();
  const std::int64_t tokens = good.tokenizer().vocabulary_size();
  wrong("mapping", floats({tokens}, 12), "'mapping' gives token 0 the row 12.0");
  wrong("mapping", floats({tokens}, 0.5f), "'mapping' gives token 0 the row 0.5");
  wrong("mapping", floats({tokens}, -1), "'mapping' gives token 0 the row -1.0");
  wrong("weights", floats({tokens - 1}, 1), "'weights' has shape");
  wrong("weights", floats({tokens}, std::numeric_limits<float>::quiet_NaN()), "'weights' holds");
  wrong("embeddings", floats({12}, 1), "'embeddings' has shape");
  const aisle::tensor extra = floats({3}, 1);
  m.put("dense.weight", &extra);
  CHECK_THROWS_WITH_AS(m.load(), doctest::Contains("dense.weight"), aisle::tensor_error);

  const model_copy n("model2vec");
  const aisle::tensor more = floats({tokens + 1, 19}, 1);
  n.put("embeddings", &more);
  CHECK_THROWS_WITH_AS(n.load(), doctest::Contains("the embedding table"), aisle::format_error);
}

TEST_CASE("Model2Vec: folders of its first releases, whose config.json has no model_type") {
  const model_copy m("model2vec");
  const auto expected = m.load({.max_tokens = 512}).encode("red shirt");
  std::filesystem::remove(m.folder + "/modules.json");
  for (const char* config : {R"({"tokenizer_name": "b", "apply_pca": 19, "apply_zipf": true, "hidden_dim": 19,
                                 "seq_length": 1000000, "normalize": true})",
                             R"({"normalize": true, "embedding_dtype": "float32"})"}) {
    aisle::write_file(m.folder + "/config.json", config);
    const text_encoder encoder = m.load();
    CHECK(encoder.max_tokens() == 512);
    const auto got = encoder.encode("red shirt");
    CHECK(aisle::ranges::equal(got.row(0), expected.row(0)));
  }
}

TEST_CASE("static embeddings: a text without known tokens has the vector of zeros, of both libraries") {
  for (const char* name : {"model2vec", "model2vec_quantised", "model2vec_weights", "sentence"}) {
    CAPTURE(name);
    const text_encoder encoder = model_copy(name).load();
    const std::vector<std::string> texts = {"", " \t\n", "red"};
    const auto got = encoder.encode(texts);
    const auto zero = [](float v) { return v == 0; };
    CHECK(aisle::ranges::all_of(got.row(0), zero));
    CHECK(aisle::ranges::all_of(got.row(1), zero));
    CHECK_FALSE(aisle::ranges::all_of(got.row(2), zero));
    // An unknown token has a row for sentence-transformers, and none for Model2Vec.
    const auto unknown = encoder.encode("zebra");
    CHECK(aisle::ranges::all_of(unknown.row(0), zero) == (std::string(name) != "sentence"));
  }
}

TEST_CASE("static embeddings: a text of a million words has the mean of its words") {
  const text_encoder encoder = model_copy("model2vec_f16").load();
  CHECK(encoder.max_tokens() == aisle::sentence_model::unlimited);
  std::string text;
  for (int i = 0; i < 500000; ++i) text += "cotton hat ";
  const auto once = encoder.encode("cotton hat"), often = encoder.encode(text);
  for (std::int64_t c = 0; c < once.cols(); ++c)
    CHECK(often(0, c) == doctest::Approx(once(0, c)).epsilon(1e-5).scale(0.1));
}

TEST_CASE("static embeddings: tables that are damaged are refused, naming the tensor; ids outside too") {
  const model_copy m("model2vec");
  const text_encoder good = m.load();
  const std::int64_t tokens = good.tokenizer().vocabulary_size();
  for (const std::int32_t id : {-1, static_cast<std::int32_t>(tokens)}) {
    const std::vector<std::vector<std::int32_t>> ids = {{5, id}};
    CHECK_THROWS_WITH_AS(
        good.encode_ids(ids),
        doctest::Contains(("token id " + std::to_string(id) + " is outside its table").c_str()),
        aisle::shape_error);
  }

  aisle::tensor table = floats({tokens, 19}, 1);
  table.data<float>()[static_cast<std::size_t>(19 * good.tokenizer().find("red") + 3)] =
      std::numeric_limits<float>::quiet_NaN();
  m.put("embeddings", &table);
  CHECK_THROWS_WITH_AS(m.load().encode("a red hat"),
                       doctest::Contains("'embeddings' holds numbers that are not finite"),
                       aisle::tensor_error);
  table = floats({tokens, 19}, 3e38f);
  m.put("embeddings", &table);
  CHECK_THROWS_WITH_AS(m.load().encode("a red hat"), doctest::Contains("not finite"), aisle::tensor_error);
  table = floats({0, 19}, 1);
  m.put("embeddings", &table);
  CHECK_THROWS_WITH_AS(m.load(), doctest::Contains("'embeddings' is empty"), aisle::tensor_error);
  m.put("embeddings", nullptr);
  CHECK_THROWS_WITH_AS(m.load(), doctest::Contains(m.folder.c_str()), aisle::error);

  const model_copy q("model2vec_quantised");
  aisle::tensor mapping = floats({tokens - 1}, 1);
  q.put("mapping", &mapping);
  aisle::tensor weights = floats({tokens - 1}, 1);
  q.put("weights", &weights);
  CHECK_THROWS_WITH_AS(q.load(), doctest::Contains("tensor 'mapping'"), aisle::format_error);
  mapping = floats({tokens, 2}, 1);
  q.put("mapping", &mapping);
  weights = floats({tokens}, 1);
  q.put("weights", &weights);
  CHECK_THROWS_WITH_AS(q.load(), doctest::Contains("'mapping' has shape"), aisle::tensor_error);

  const model_copy s("sentence");
  const aisle::tensor few = floats({3, 4}, 1);
  s.put("embedding.weight", &few);
  CHECK_THROWS_WITH_AS(s.load(), doctest::Contains("the embedding table 3 rows"), aisle::format_error);
}

TEST_CASE("static embeddings: a tokenizer without a vocabulary, or none, is an error that names the file") {
  const model_copy m("model2vec");
  aisle::json model = aisle::read_json(m.folder + "/tokenizer.json")["model"];
  model["vocab"] = aisle::json::object();
  m.edit("tokenizer.json", "model", model);
  m.edit("tokenizer.json", "added_tokens", aisle::json::array());
  CHECK_THROWS_WITH_AS(m.load(), doctest::Contains("tokenizer.json"), aisle::format_error);
  std::filesystem::remove(m.folder + "/tokenizer.json");
  CHECK_THROWS_WITH_AS(m.load(), doctest::Contains("tokenizer.json"), aisle::error);
}
