// What tokenizer.json puts around texts, and who decides that. Expected ids, types and places are those of
// Rust tokenizers 0.23.3, and of transformers 5.24 where a class decides, for the vocabulary below.

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <aisle/base/file.hpp>
#include <aisle/io/json.hpp>
#include <aisle/text/wordpiece.hpp>

#include "support/support.hpp"

namespace {

using ids = std::vector<std::int32_t>;

/// A tokenizer.json of a cased vocabulary, with this post-processor and further members of the model.
std::string tokenizer_json(const std::string& around, const std::string& model = {}) {
  return R"({"added_tokens": [{"id": 2, "content": "[CLS]", "special": true, "normalized": false},
      {"id": 3, "content": "[SEP]", "special": true, "normalized": false}],
      "normalizer": {"type": "BertNormalizer", "lowercase": false},
      "pre_tokenizer": {"type": "BertPreTokenizer"}, "post_processor": )" +
         around + R"(, "model": {"type": "WordPiece", "vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2,
      "[SEP]": 3, "[MASK]": 4, "red": 5, "Red": 6, "cup": 7, "##s": 8, "@@s": 9, "a": 10}, "unk_token": "[UNK]")" +
         model + "}}";
}

/// A template in short: "C" is [CLS], "S" [SEP], "A" and "B" the texts, each with its type behind it.
std::string parts(std::string_view shorthand) {
  std::string out = "[";
  for (std::size_t i = 0; i + 1 < shorthand.size(); i += 2) {
    const char c = shorthand[i];
    const std::string name = c == 'C' ? "[CLS]" : c == 'S' ? "[SEP]" : std::string(1, c);
    out += std::string(i ? "," : "") + "{\"" + (name.size() > 1 ? "SpecialToken" : "Sequence") +
           "\": {\"id\": \"" + name + "\", \"type_id\": " + shorthand[i + 1] + "}}";
  }
  return out + "]";
}
std::string template_of(std::string_view single, std::string_view pair) {
  return R"({"type": "TemplateProcessing", "single": )" + parts(single) + R"(, "pair": )" + parts(pair) +
         R"(, "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]},
             "[SEP]": {"id": "[SEP]", "ids": [3], "tokens": ["[SEP]"]}}})";
}

aisle::wordpiece from(const std::string& json, const char* config) {
  return aisle::wordpiece::from_json(aisle::parse_json(json, "tokenizer.json"),
                                     aisle::parse_json(config, "tokenizer_config.json"));
}

constexpr const char* as_written = R"({"tokenizer_class": "PreTrainedTokenizerFast"})";

}  // namespace

TEST_CASE("a template of tokenizer.json is obeyed, for a text and for a pair") {
  const struct {
    std::string around;
    ids single, pair, types, cut;  ///< cut: a pair in 5 ids
  } cases[] = {{template_of("C0A0S0", "C0A0S0B0S0"),
                {2, 5, 7, 8, 10, 3},
                {2, 5, 7, 8, 3, 10, 5, 3},
                {0, 0, 0, 0, 0, 0, 0, 0},
                {2, 5, 3, 10, 3}},
               {template_of("C0A0S0", "C0A0S0S0B0S0"),
                {2, 5, 7, 8, 10, 3},
                {2, 5, 7, 8, 3, 3, 10, 5, 3},
                {0, 0, 0, 0, 0, 0, 0, 0, 0},
                {2, 5, 3, 3, 3}},
               {template_of("C0A0S0", "C0B0S0A1S1"),
                {2, 5, 7, 8, 10, 3},
                {2, 10, 5, 3, 5, 7, 8, 3},
                {0, 0, 0, 0, 1, 1, 1, 1},
                {2, 10, 3, 5, 3}},
               {template_of("C0A0", "C0A0B1"),
                {2, 5, 7, 8, 10},
                {2, 5, 7, 8, 10, 5},
                {0, 0, 0, 0, 1, 1},
                {2, 5, 7, 10, 5}},
               {template_of("A0S0", "A3S2B0S0"),
                {5, 7, 8, 10, 3},
                {5, 7, 8, 3, 10, 5, 3},
                {3, 3, 3, 2, 0, 0, 0},
                {5, 7, 3, 10, 3}},
               {R"({"type": "Sequence", "processors": [)" + template_of("C0A0S0", "C0A0S0B1S1") + "]}",
                {2, 5, 7, 8, 10, 3},
                {2, 5, 7, 8, 3, 10, 5, 3},
                {0, 0, 0, 0, 0, 1, 1, 1},
                {2, 5, 3, 10, 3}},
               {R"({"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]})",
                {2, 5, 7, 8, 10, 3},
                {2, 5, 7, 8, 3, 10, 5, 3},
                {0, 0, 0, 0, 0, 1, 1, 1},
                {2, 5, 3, 10, 3}},
               {"null", {5, 7, 8, 10}, {5, 7, 8, 10, 5}, {0, 0, 0, 1, 1}, {5, 7, 8, 10, 5}}};
  for (const auto& c : cases) {
    CAPTURE(c.around);
    const aisle::wordpiece w = from(tokenizer_json(c.around), as_written);
    CHECK(w.encode("red cups a").ids == c.single);
    CHECK(w.encode_spans("red cups a").ids == c.single);
    const auto pair = w.encode_pair("red cups", "a red");
    CHECK(pair.ids == c.pair);
    CHECK(pair.types == c.types);
    CHECK(pair.full_length == static_cast<std::int64_t>(c.pair.size()));
    CHECK(w.encode_pair("red cups a", "a red", {.max_length = 5}).ids == c.cut);
    for (std::size_t i = 0; i < pair.ids.size(); ++i) {
      const aisle::byte_span s = pair.spans[i];
      if (pair.ids[i] == 8) CHECK(s == aisle::byte_span{7, 8});
      if (pair.ids[i] == 10) CHECK(s == aisle::byte_span{0, 1});
      CHECK(pair.texts[i] == (pair.ids[i] == 2 || pair.ids[i] == 3 ? -1
                              : pair.ids[i] == 10 || s.begin == 2  ? 1
                                                                   : 0));
    }
  }
}

TEST_CASE("templates that cannot be followed are refused by name") {
  const auto refused = [](const std::string& around, const char* what, const char* config = as_written) {
    CHECK_THROWS_WITH_AS(from(tokenizer_json(around), config), doctest::Contains(what), aisle::option_error);
  };
  refused(template_of("C0A1S0", "C0A0S0B1S1"), "expected [CLS], the text, [SEP], all of type 0");
  refused(template_of("C0C0A0S0", "C0A0S0B1S1"), "expected [CLS], the text, [SEP]");
  refused(template_of("C0B0S0", "C0A0S0B1S1"), "expected [CLS], the text, [SEP]");
  refused(template_of("C0A0S0", "C0A0S0"), "pair: expected both texts once");
  refused(template_of("C0A0S0", "C0A0S0A0B1"), "pair: expected both texts once");
  refused(R"({"type": "BertProcessing", "sep": ["[SEP]", 4], "cls": ["[CLS]", 2]})",
          "the post_processor gives [SEP] the id 4, the vocabulary 3");
  refused(R"({"type": "Sequence", "processors": []})", "Sequence is not built in");
  // transformers 4 follows the file there, 5 the class.
  refused(template_of("C0A0", "C0A0S0B1S1"), "other tokens around texts than BertTokenizer",
          R"({"tokenizer_class": "BertTokenizer"})");
}

TEST_CASE("classes of BERT's tokenizer put [CLS] and [SEP] around a text, other classes what the file says") {
  for (const char* name :
       {"BertTokenizer", "BertTokenizerFast", "MobileBertTokenizer", "LayoutLMTokenizerFast",
        "ElectraTokenizerFast", "DistilBertTokenizer", "SqueezeBertTokenizerFast",
        "DPRContextEncoderTokenizer", "DPRQuestionEncoderTokenizerFast", "LxmertTokenizer"}) {
    CAPTURE(name);
    const auto w =
        from(tokenizer_json("null"), (R"({"tokenizer_class": ")" + std::string(name) + "\"}").c_str());
    CHECK(w.encode("Red cups a").ids == ids{2, 5, 7, 8, 10, 3});
    CHECK(w.encode_pair("Red", "a").types == ids{0, 0, 0, 1, 1});
  }
  CHECK(from(tokenizer_json(template_of("C0A0S0", "A0B1")), R"({"tokenizer_class": "BertTokenizer"})")
            .encode_pair("Red", "a")
            .ids == ids{2, 5, 3, 10, 3});
  // The normalizer of the file, the tokens of the class.
  CHECK(from(tokenizer_json("null"), R"({"tokenizer_class": "ConvBertTokenizerFast"})")
            .encode("Red cups a")
            .ids == ids{2, 6, 7, 8, 10, 3});
  CHECK(from(tokenizer_json("null"), R"({"tokenizer_class": "ConvBertTokenizer", "cls_token": "a"})")
            .encode("Red cups a")
            .ids == ids{10, 6, 7, 8, 10, 3});
  for (const char* name : {"PreTrainedTokenizerFast", "TokenizersBackend"}) {
    const auto w =
        from(tokenizer_json("null"), (R"({"tokenizer_class": ")" + std::string(name) + "\"}").c_str());
    CHECK(w.encode("Red cups a").ids == ids{6, 7, 8, 10});
    CHECK(w.encode("").ids.empty());
    CHECK(w.cls_id() == -1);
  }
  const support::temporary_folder folder;  // neither a class nor a model to have it from
  aisle::write_file(folder / "tokenizer.json", tokenizer_json("null"));
  CHECK(aisle::wordpiece::load(folder.path()).encode("Red cups a").ids == ids{6, 7, 8, 10});
  aisle::write_file(folder / "config.json", R"({"model_type": "bert"})");
  CHECK(aisle::wordpiece::load(folder.path()).encode("Red cups a").ids == ids{2, 5, 7, 8, 10, 3});
}

TEST_CASE("the sides of padding and truncation") {
  const auto left =
      from(tokenizer_json("null"), R"({"tokenizer_class": "BertTokenizer", "truncation_side": "left",
                         "padding_side": "left"})");
  CHECK(left.keeps_end());
  const auto cut = left.encode("red cups a Red cup", 5);
  CHECK(cut.ids == ids{2, 10, 5, 7, 3});
  CHECK(cut.full_length == 8);
  CHECK(left.encode("a", 5).ids == ids{2, 10, 3});
  CHECK(left.encode("a red cup", 5).ids == ids{2, 10, 5, 7, 3});
  CHECK(left.encode_spans("red cups a Red cup", {.max_length = 5}).ids == cut.ids);
  CHECK(left.encode_spans("red cups a Red cup", {.max_length = 5, .keep_end = false}).ids ==
        ids{2, 5, 7, 8, 3});
  CHECK(left.encode_pair("red cups a", "a red", {.max_length = 6}).ids == ids{2, 8, 10, 3, 5, 3});
  ids packed{7};
  left.encode("red cups a Red cup", 4, packed);
  CHECK(packed == ids{7, 2, 5, 7, 3});

  std::string json =
      tokenizer_json(R"({"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]})");
  json.insert(1, R"("truncation": {"direction": "Left", "max_length": 512},
                    "padding": {"direction": "Left"}, )");
  CHECK(from(json, as_written).encode("red cups a Red cup", 5).ids == ids{2, 10, 6, 7, 3});
  CHECK(from(json, R"({"tokenizer_class": "PreTrainedTokenizerFast", "truncation_side": "right"})")
            .encode("red cups a Red cup", 5)
            .ids == ids{2, 5, 7, 8, 3});
}

TEST_CASE("what stands for ##, and a pipeline's sequences of one") {
  CHECK(from(tokenizer_json("null", R"(, "continuing_subword_prefix": "@@")"), as_written)
            .encode("reds cups cup@@s")
            .ids == ids{5, 9, 7, 9, 7, 1, 1, 1});
  const auto none = from(tokenizer_json("null", R"(, "continuing_subword_prefix": "")"), as_written);
  CHECK(none.encode("redcupa cups ared ##s").ids == ids{5, 7, 10, 1, 10, 5, 1, 1, 1});
  CHECK(none.encode_spans("redcupa cups ared ##s").ids == ids{5, 7, 10, 1, 10, 5, 1, 1, 1});
  const auto refused = [](const char* prefix, const char* config, const char* what) {
    const std::string model = R"(, "continuing_subword_prefix": ")" + std::string(prefix) + "\"";
    CHECK_THROWS_WITH_AS(from(tokenizer_json("null", model), config), doctest::Contains(what),
                         aisle::option_error);
  };
  refused("xx", as_written, "the continuing_subword_prefix \"xx\" has no punctuation");
  refused("@@", R"({"tokenizer_class": "BertTokenizer"})", "expected the prefix \"##\" of BertTokenizer");
  std::string json = tokenizer_json("null");
  const std::string step = R"({"type": "BertPreTokenizer"})";
  json.replace(json.find(step), step.size(), R"({"type": "Sequence", "pretokenizers": [)" + step + "]}");
  CHECK(from(json, as_written).encode("red,cups").ids == ids{5, 1, 7, 8});
}
